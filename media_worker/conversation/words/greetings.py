"""What people say to find out whether somebody is there, by language: no answer to a greeting that goes on."""

from collections.abc import Mapping
from functools import cache

from media_worker.conversation.words.normal_form import base_language, listed, normalise

_LISTS: Mapping[str, str] = {
    "en": "hello, hi, hey, hello hello, yes, yes hello, hello yes, good morning, good afternoon, good evening",
    "cs": "haló, halo, dobrý den, ano, prosím",
    "da": "hallo, hej, goddag, ja",
    "de": "hallo, ja, ja hallo, guten tag, guten morgen, guten abend, bitte, ja bitte, moin",
    "el": "εμπρός, ναι, γεια, γεια σας, παρακαλώ",
    "es": "hola, diga, dígame, sí, sí dígame, bueno, aló, buenos días, buenas tardes, buenas",
    "fi": "haloo, moi, hei, terve, päivää",
    "fr": "allô, allo, oui, oui allô, bonjour, bonsoir, salut",
    "hi": "हैलो, हेलो, नमस्ते, जी, हाँ जी",
    "hu": "halló, igen, jó napot, tessék, szia",
    "id": "halo, ya, ya halo, selamat pagi, selamat siang",
    "it": "pronto, sì, ciao, buongiorno, buonasera, salve",
    "ja": "もしもし, はい, はいもしもし, こんにちは, おはようございます",
    "ko": "여보세요, 네, 네 여보세요, 안녕하세요",
    "nl": "hallo, ja, ja hallo, goedemorgen, goedemiddag, goedenavond, hoi",
    "no": "hallo, hei, ja, god dag",
    "pl": "halo, słucham, tak, tak słucham, dzień dobry, cześć",
    "pt": "alô, alo, estou, está lá, sim, olá, oi, bom dia, boa tarde",
    "ro": "alo, da, bună, bună ziua",
    "ru": "алло, алё, да, да алло, слушаю, здравствуйте, добрый день, привет",
    "sv": "hallå, hej, ja, god dag",
    "tr": "alo, efendim, buyurun, merhaba, evet",
    "uk": "алло, так, слухаю, добрий день, вітаю",
    "vi": "a lô, alô, vâng, xin chào, chào",
}


def is_greeting(text: str, language: str) -> bool:
    """Whether this is all that was said."""
    return normalise(text) in _entries(base_language(language))


@cache
def _entries(language: str) -> frozenset[str]:
    if language in _LISTS:
        return listed(_LISTS[language])
    return frozenset[str]().union(*map(listed, _LISTS.values()))
