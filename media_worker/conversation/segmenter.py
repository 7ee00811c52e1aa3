"""Cuts a stream of text into segments that can be spoken, as early as it can without looking ahead.

A sentence is released with its closing mark, before the next word is known: waiting for it costs a token
(bench.md). What closing marks inside numbers, initials and common abbreviations cost is caught by looking at
the word they close.
"""

import re

_CLOSERS = "\"')]»”’"
_END = re.compile(rf"[.!?…。！？][{re.escape(_CLOSERS)}]*(?=\s|$)|\n+")
_CLAUSE = re.compile(r"[,;:、，；：](?=\s)")
_ABBREVIATIONS = frozenset(
    (
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "prof.",
        "st.",
        "vs.",
        "etc.",
        "e.g.",
        "i.e.",
        "no.",
        "approx.",
        "dept.",
        "inc.",
        "jr.",
    )
)
_INITIAL = re.compile(r"(?:^|\s)(?:[^\W\d_]\.)+$")
_NUMBER_TAIL = re.compile(r"\d[.,:]$")

FIRST_CLAUSE_CHARS = 60
"""The first segment may end at a comma after this many characters: the listener waits for it."""
MAX_SEGMENT_CHARS = 240
"""Longer text is cut at a blank."""


class Segmenter:
    """One reply's text on its way to the voice."""

    def __init__(self) -> None:
        self._text = ""
        self._released = 0

    def feed(self, delta: str) -> list[str]:
        """Take the next piece of text; the segments that are complete with it."""
        self._text += delta
        segments: list[str] = []
        while (end := self._segment_end()) is not None:
            segment, self._text = self._text[:end].strip(), self._text[end:]
            if segment:
                segments.append(segment)
                self._released += 1
        return segments

    def finish(self) -> list[str]:
        """The stream is over: what is left, if anything."""
        rest, self._text = self._text.strip(), ""
        return [rest] if rest else []

    def _segment_end(self) -> int | None:
        for mark in _END.finditer(self._text):
            if mark.group().startswith("\n") or self._closes_sentence(mark.end()):
                return mark.end()
        if self._released == 0:
            for mark in _CLAUSE.finditer(self._text):
                if mark.end() >= FIRST_CLAUSE_CHARS:
                    return mark.end()
        if len(self._text) > MAX_SEGMENT_CHARS:
            blank = self._text.rfind(" ", 0, MAX_SEGMENT_CHARS)
            return blank if blank > 0 else MAX_SEGMENT_CHARS
        return None

    def _closes_sentence(self, end: int) -> bool:
        """Whether the mark before `end` closes a sentence, judged by the word it stands at."""
        before = self._text[:end].rstrip(_CLOSERS)
        if not before.endswith("."):
            return True
        at_the_edge = end == len(self._text)
        if at_the_edge and _NUMBER_TAIL.search(before):
            return False  # "at 7." may become "at 7.30"
        last_word = before.rsplit(None, 1)[-1].casefold().lstrip("(\"'«“‘[")
        return last_word not in _ABBREVIATIONS and _INITIAL.search(before) is None
