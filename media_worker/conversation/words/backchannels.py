"""What people say over a speaking agent, by language (conversation.md 4.8): three lines each.

Murmurs ("mm-hm") say only that somebody listens; acknowledgements ("okay") agree and may also answer; stops take the
floor at once. Entries are separated by commas. Lists differ because words do: "no" is yes in Czech.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from media_worker.conversation.words.cue_words import cues_of
from media_worker.conversation.words.normal_form import base_language, listed, normalise

_LISTS: Mapping[str, tuple[str, str, str]] = {
    "en": (
        "mm, mhm, mm-hm, mm hm, uh-huh, uh huh, hm, hmm, ah, oh, aha",
        "yeah, yep, yes, ok, okay, right, sure, alright, all right, got it, i see, cool, great, good, fine, "
        "true, exactly, really, wow, of course, makes sense",
        "stop, wait, hold on, hang on, no, actually, but, excuse me, sorry, listen, one moment, pardon",
    ),
    "bg": (
        "мхм, ъхъ, аха, хм",
        "да, добре, ясно, разбирам, точно, окей, ами да",
        "стоп, чакай, чакайте, не, момент, спри, извинете",
    ),
    "ca": (
        "mhm, aha, hm, ah",
        "sí, d'acord, vale, entesos, exacte, ja, és clar, molt bé",
        "prou, espera, esperi, no, un moment, perdona, perdoni",
    ),
    "cs": (
        "hm, mhm, aha",
        "jo, no, ano, jasně, dobře, přesně, rozumím, okej",
        "stop, počkejte, počkej, ne, moment, pardon",
    ),
    "da": (
        "mm, mhm, hm, aha",
        "ja, jo, nå, okay, nemlig, præcis, ja ja, fint",
        "stop, vent, nej, lige et øjeblik, undskyld",
    ),
    "nl": (
        "hm, mhm, ah",
        "ja, oké, ok, precies, inderdaad, juist, goed, snap ik, oh ja",
        "stop, wacht, nee, ho, momentje, sorry, maar",
    ),
    "et": (
        "mhm, ahah, hm",
        "jah, jaa, okei, selge, õige, hästi, just, nojah",
        "stopp, oota, oodake, ei, hetk, vabandust",
    ),
    "fi": (
        "mm, mhm, hm, ahaa",
        "joo, juu, niin, aivan, okei, kyllä, selvä, just, hyvä",
        "seis, odota, odottakaa, ei, hetkinen, anteeksi",
    ),
    "fr": (
        "mhm, hm, ah, euh",
        "oui, ouais, d'accord, ok, voilà, c'est ça, je vois, bien, très bien, exactement, ah bon",
        "stop, attendez, attends, non, pardon, un instant, arrêtez, mais",
    ),
    "de": (
        "hm, mhm, ah, aha",
        "ja, jaja, okay, ok, genau, ach so, klar, gut, stimmt, alles klar, richtig, verstehe",
        "stopp, halt, moment, warten sie, warte, nein, entschuldigung, aber",
    ),
    "el": (
        "μμ, μχμ, α",
        "ναι, εντάξει, οκέι, ωραία, σωστά, μάλιστα, κατάλαβα, βέβαια",
        "σταμάτα, σταματήστε, περίμενε, περιμένετε, όχι, μια στιγμή, συγγνώμη",
    ),
    "hi": (
        "हम्म, हूँ",
        "हाँ, हां, जी, जी हाँ, अच्छा, ठीक है, सही, बिल्कुल, ओके",
        "रुको, रुकिए, नहीं, एक मिनट, सुनिए, माफ़ कीजिए",
    ),
    "hu": (
        "hm, ühüm, aha",
        "igen, ja, jó, oké, rendben, értem, persze, pontosan",
        "állj, várjon, várj, nem, egy pillanat, bocsánat",
    ),
    "id": (
        "hmm, he-eh, oh",
        "ya, iya, oke, baik, betul, benar, siap, oh gitu",
        "stop, tunggu, tidak, bukan, sebentar, maaf",
    ),
    "it": (
        "mhm, hm, ah",
        "sì, ok, okay, va bene, certo, esatto, capito, ho capito, giusto, bene, d'accordo",
        "aspetti, aspetta, no, un attimo, scusi, scusa, basta, stop",
    ),
    "ja": (
        "うん, ふん, へえ, ああ, あー",
        "はい, ええ, そう, そうですね, そうですか, なるほど, 了解, オッケー, わかりました",
        "待って, ちょっと待って, いや, いいえ, 違います, すみません, ストップ",
    ),
    "ko": (
        "음, 어, 아, 응",
        "네, 예, 네네, 그래요, 그렇군요, 맞아요, 알겠어요, 그쵸, 오케이",
        "잠깐, 잠깐만요, 아니, 아니요, 그만, 저기요, 스톱",
    ),
    "lv": (
        "mhm, aha, hm",
        "jā, labi, skaidrs, pareizi, okei, nu jā, tieši tā",
        "stop, pagaidiet, pagaidi, nē, vienu brīdi, atvainojiet",
    ),
    "lt": (
        "mhm, aha, hm",
        "taip, gerai, aišku, tikrai, okei, na taip, supratau",
        "stop, palaukit, palauk, ne, minutėlę, atsiprašau",
    ),
    "ms": (
        "hmm, oh, aha",
        "ya, ok, okey, baik, betul, faham",
        "berhenti, tunggu, tidak, bukan, sekejap, maaf",
    ),
    "no": (
        "mm, mhm, hm, aha",
        "ja, jo, jaha, ok, okei, akkurat, nettopp, javel, riktig, fint",
        "stopp, vent, nei, et øyeblikk, unnskyld",
    ),
    "pl": (
        "mhm, hm, aha, yhy",
        "tak, no, no tak, dobrze, okej, jasne, rozumiem, dokładnie, racja",
        "stop, czekaj, proszę poczekać, nie, chwileczkę, moment, przepraszam",
    ),
    "pt": (
        "aham, uhum, hum, ah",
        "sim, tá, tá bom, certo, ok, claro, pois, pois é, entendi, exato, isso, está bem",
        "pare, espera, espere, não, um momento, peraí, desculpe, mas",
    ),
    "ro": (
        "mhm, aha, hm",
        "da, ok, bine, sigur, așa, corect, exact, înțeleg, clar",
        "stop, stai, așteptați, nu, un moment, scuze",
    ),
    "ru": (
        "угу, ага, мм, хм",
        "да, ясно, понятно, хорошо, ок, окей, точно, так, ну да, конечно, понял, поняла",
        "стоп, стойте, подождите, нет, минутку, секунду, извините",
    ),
    "sk": (
        "hm, mhm, aha",
        "áno, hej, no, jasné, dobre, presne, rozumiem, okej",
        "stop, počkajte, počkaj, nie, moment, prepáčte",
    ),
    "es": (
        "mhm, ajá, ah, eh",
        "sí, ok, vale, claro, ya, bueno, bien, entiendo, exacto, eso, perfecto, de acuerdo",
        "para, pare, espera, espere, no, un momento, perdón, disculpe, basta, pero",
    ),
    "sv": (
        "mm, mhm, hm, aha",
        "ja, jo, jaha, okej, precis, just det, bra, visst, exakt, jaså",
        "stopp, vänta, nej, ett ögonblick, ursäkta",
    ),
    "th": (
        "อืม, อือ, อ๋อ",
        "ค่ะ, ครับ, ใช่, โอเค, เข้าใจ, ได้, จ้ะ",
        "หยุด, เดี๋ยว, รอก่อน, ไม่ใช่, ไม่, ขอโทษ",
    ),
    "tr": (
        "hı hı, hıhı, hmm",
        "evet, tamam, olur, peki, doğru, anladım, aynen, tabii, ok",
        "dur, durun, bekleyin, bekle, hayır, bir dakika, pardon",
    ),
    "uk": (
        "угу, ага, мм",
        "так, ясно, зрозуміло, добре, гаразд, окей, точно, ну так",
        "стоп, зачекайте, почекайте, ні, хвилинку, вибачте",
    ),
    "vi": (
        "ừ, ờ, à, ừm",
        "dạ, vâng, đúng rồi, ok, được rồi, thế à",
        "dừng lại, khoan, đợi, không, chờ chút, xin lỗi",
    ),
}
LANGUAGES = tuple(_LISTS)
_SAME_LISTS = {"nb": "no", "nn": "no"}


@dataclass(frozen=True)
class Vocabulary:
    """The lists of one conversation, normalised."""

    murmurs: frozenset[str]
    """Fillers ("um") are among them."""
    acknowledgements: frozenset[str]
    stops: frozenset[str]


def vocabulary(language: str, backchannels: Iterable[str] = (), stop_words: Iterable[str] = ()) -> Vocabulary:
    """The lists of a language and what an agent adds to them; an added word leaves the other lists.

    `multi` and languages without lists get all backchannels that are a stop nowhere.
    """
    own = _of_language(_SAME_LISTS.get(base_language(language), base_language(language)))
    added, stopping = frozenset(map(normalise, backchannels)) - {""}, frozenset(map(normalise, stop_words)) - {""}
    return Vocabulary(
        murmurs=own.murmurs - stopping,
        acknowledgements=(own.acknowledgements | added) - stopping,
        stops=(own.stops - added) | stopping,
    )


@cache
def _of_language(language: str) -> Vocabulary:
    if language in _LISTS:
        murmurs, acknowledgements, stops = map(listed, _LISTS[language])
        fillers = listed("um, uh, er, erm") if language == "en" else cues_of(language).fillers
        fillers = frozenset(filler for filler in fillers if " " not in filler)
        return Vocabulary((murmurs | fillers) - acknowledgements - stops, acknowledgements, stops)
    each = [_of_language(name) for name in _LISTS]
    stops = frozenset[str]().union(*(lists.stops for lists in each))
    return Vocabulary(
        murmurs=frozenset[str]().union(*(lists.murmurs for lists in each)) - stops,
        acknowledgements=frozenset[str]().union(*(lists.acknowledgements for lists in each)) - stops,
        stops=stops,
    )
