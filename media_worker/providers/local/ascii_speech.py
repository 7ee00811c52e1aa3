"""Makes plain text something that an English voice of ASCII letters can say."""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_PIECE = 240
"""Characters. The voice analyses a whole piece before its first sound, and a cancelled piece is the work lost."""
_SPOKEN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": ", ", "—": ", ", "…": "...", "€": " euros ", "£": " pounds "}
    | {"&": " and ", "×": " times ", "°": " degrees ", "|": " ", "~": " ", "\n": " "}
    | {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")
_SAYS_SOMETHING = re.compile(r"[A-Za-z0-9]")


def ascii_speech(text: str) -> str:
    """The text without accents, signs and scripts that the voice cannot read; "" when nothing is left."""
    folded = unicodedata.normalize("NFKD", text.translate(_SPOKEN))
    spoken = " ".join(_CONTROL.sub(" ", folded.encode("ascii", "ignore").decode("ascii")).split())
    return spoken if _SAYS_SOMETHING.search(spoken) else ""


def pieces(text: str) -> Iterator[str]:
    """The text in parts of at most LONGEST_PIECE characters, cut after sentences, else between words."""
    piece = ""
    for sentence in _SENTENCE_END.split(text):
        for part in _short_parts(sentence):
            if piece and len(piece) + 1 + len(part) > LONGEST_PIECE:
                yield piece
                piece = part
            else:
                piece = f"{piece} {part}".strip()
    if piece:
        yield piece


def _short_parts(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_PIECE:
        cut = max(sentence.rfind(", ", 0, LONGEST_PIECE) + 1, 0) or max(sentence.rfind(" ", 0, LONGEST_PIECE), 0)
        cut = cut or LONGEST_PIECE
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence
