"""Where text may be cut: not inside what a reader sees as one character (UAX #29, as far as speech needs it)."""

import unicodedata

_JOINER = "\u200d"
_HANGUL = (
    (
        range(0x1100, 0x1160),
        (range(0x1100, 0x11A8), range(0xAC00, 0xD7A4)),
    ),  # leading consonant + leading, vowel, syllable
    (range(0x1160, 0x11A8), (range(0x1160, 0x1200),)),  # vowel + vowel or final consonant
    (range(0x11A8, 0x1200), (range(0x11A8, 0x1200),)),  # final + final consonant
    (range(0xAC00, 0xD7A4), (range(0x1160, 0x1200),)),  # syllable + vowel or final consonant
)
_EXTENDING = "\u0e33\u0eb3\u200c\uff9e\uff9f"
"""Thai and Lao SARA AM, the non-joiner and the half-width Japanese voicing marks: they extend, and are no marks."""
_VIRAMAS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")


def may_cut(text: str, position: int) -> bool:
    """Whether `text[:position]` and `text[position:]` share no grapheme."""
    if not 0 < position < len(text):
        return True
    left, right = text[position - 1], text[position]
    if _extends(right) or left == _JOINER or (left, right) == ("\r", "\n"):
        return False
    if _is_flag_letter(left) and _is_flag_letter(right):
        return _flag_letters_before(text, position) % 2 == 0
    if left in _VIRAMAS and unicodedata.category(right) == "Lo":
        return False
    return not any(ord(left) in before and any(ord(right) in span for span in after) for before, after in _HANGUL)


def _extends(character: str) -> bool:
    """Marks, joiners, variation selectors, skin tones and tags belong to what stands before them."""
    return (
        unicodedata.category(character).startswith("M")
        or character in (_JOINER, *_EXTENDING)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, position: int) -> int:
    count = 0
    while count < position and _is_flag_letter(text[position - 1 - count]):
        count += 1
    return count
