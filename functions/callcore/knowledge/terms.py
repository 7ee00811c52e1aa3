"""The words by which text is found, in any language: folded, and of scripts without spaces as pairs of characters."""

import re
import unicodedata

_MARKS = (
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff"
    "\u0e31-\u0e4e\u0eb1-\u0ece\u102b-\u103e\u17b4-\u17d3"
)
"""Belong to words, and are neither letters nor digits to `re`: vowels and points of Hebrew, Arabic, the scripts of
India, Thai, Lao, Burmese and Khmer."""
_WORD = re.compile(rf"[\w{_MARKS}]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Scripts that write no spaces between words, or words with whatever stands behind them (Korean)."""
_ACCENTS = re.compile("[\u0300-\u036f]")


def terms(text: str) -> list[str]:
    """In order. What differs in case, accents or width alone is the same term.

    Of a run without spaces: every pair of neighbours, and its last character, so that each one begins a term.
    """
    folded = _folded(text)
    words = _WORD.findall(folded)
    if folded.isascii() or not _UNSPACED.search(folded):
        return words
    return [term for word in words for term in (_parts(word) if _UNSPACED.search(word) else (word,))]


def is_unspaced(term: str) -> bool:
    """Whether it is a part of a run without spaces."""
    return not term.isascii() and _UNSPACED.match(term) is not None


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    return text.casefold().replace("_", " ")


def _parts(word: str) -> list[str]:
    parts: list[str] = []
    end = 0
    for run in _UNSPACED.finditer(word):
        parts += [word[end : run.start()]] if run.start() > end else []
        start, end = run.span()
        parts += [word[place : place + 2] for place in range(start, end - 1)]
        parts.append(word[end - 1])
    return [*parts, word[end:]] if end < len(word) else parts
