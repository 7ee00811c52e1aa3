"""Splits a text into passages that can be told one by one: at headings, paragraphs, sentences, in this order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_PASSAGE_CHARS = 900
MAX_HEADING_CHARS = 200
"""Of one, and of all above a passage together: then the outermost are cut."""
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n(?![^\S\n]*\n|#{1,6}\s)[^\n]*)*")
"""Up to a blank line or a heading."""
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ENDS = (re.compile(r"\n"), re.compile(r"[.!?…]+[\"'”»)\]]*\s|[。！？]+"), re.compile(r"\s"))
"""Where a long paragraph is cut, best first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text."""

    start: int
    stop: int
    heading: str
    """What stands above it, outermost first; empty: nothing, or it is in the passage."""


def passages(text: str, heading: str = "") -> Iterator[Passage]:
    """Every part of the text that is not blank, in order, none too long; `heading` is above them all.

    A heading is in the passage that follows it, or above it where there is no room for both.
    """
    above: list[tuple[int, str]] = [(0, heading)] if heading else []
    start, stop, path, has_body = 0, 0, "", False
    for begin, end in _paragraphs(text):
        found = _HEADING.fullmatch(text, begin, end) if end - begin <= MAX_HEADING_CHARS else None
        if stop and (end - start > MAX_PASSAGE_CHARS or (found and has_body)):
            if has_body:
                yield Passage(start, stop, path)
            stop = 0
        if found:
            above = [one for one in above if one[0] < len(found[1])]
        if not stop:
            start, path, has_body = begin, " > ".join(name for _, name in above)[-MAX_HEADING_CHARS:], False
        if found:
            above.append((len(found[1]), found[2].strip("# ")))
        stop, has_body = end, has_body or not found
    if stop:
        yield Passage(start, stop, path)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends; a heading is one of its own, a long one comes in pieces."""
    for found in _PARAGRAPH.finditer(text):
        begin, end = found.span()
        line = text.find("\n", begin, end)
        if line >= 0 and _HEADING.fullmatch(text, begin, line):
            yield from _pieces(text, begin, line)
            begin = line
        yield from _pieces(text, begin, end)


def _pieces(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    while True:
        begin, end = _trimmed(text, begin, end)
        if begin == end:
            return
        cut = end if end - begin <= MAX_PASSAGE_CHARS else _cut(text, begin)
        yield _trimmed(text, begin, cut)
        begin = cut


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def _cut(text: str, begin: int) -> int:
    """The best place to end a passage in its second half."""
    half, full = begin + MAX_PASSAGE_CHARS // 2, begin + MAX_PASSAGE_CHARS
    for ending in _ENDS:
        places = [found.end() for found in ending.finditer(text, half, full)]
        if places:
            return places[-1]
    return full
