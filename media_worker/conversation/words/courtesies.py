"""What people put after a wish without changing it."""

from collections.abc import Mapping

from media_worker.conversation.words.normal_form import base_language, listed

AFTER = ("please", "thanks", "thank you")
"""In English, as the embedded recogniser knows them."""

_TAILS: Mapping[str, frozenset[str]] = {
    language: listed(line)
    for language, line in {
        "en": ", ".join(AFTER),
        "cs": "prosím, děkuji, díky",
        "da": "tak, mange tak",
        "de": "bitte, danke, danke schön, bitte schön",
        "es": "por favor, gracias, muchas gracias",
        "fr": "s'il vous plaît, s'il te plaît, merci, merci beaucoup",
        "it": "per favore, per piacere, grazie, grazie mille",
        "ja": "お願いします, お願い, ありがとう, ありがとうございます",
        "ko": "부탁해요, 부탁드려요, 부탁합니다, 감사합니다, 고마워요",
        "nl": "alsjeblieft, alstublieft, dank je, dank u, bedankt",
        "no": "takk, er du snill",
        "pl": "proszę, dziękuję, dzięki",
        "pt": "por favor, obrigado, obrigada",
        "ru": "пожалуйста, спасибо",
        "sv": "tack, snälla",
        "tr": "lütfen, teşekkürler, teşekkür ederim",
        "uk": "будь ласка, дякую",
    }.items()
}


def courtesies(language: str) -> frozenset[str]:
    """The courtesies of a language, normalised; none of a language that is not listed."""
    return _TAILS.get(base_language(language), frozenset())
