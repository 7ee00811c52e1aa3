"""Cuts a stream of text into segments that can be spoken, as early as it can without looking ahead.

A sentence is released with its closing mark, before the next word is known: waiting for it costs a token
(bench.md). What closing marks inside numbers, initials and abbreviations cost is caught by looking at the word
they close. The listener waits for the first segment only, so while its sentence is still being written it is
released at its first comma or after eight words.
"""

import re
from collections.abc import Iterator

from media_worker.conversation.segments.abbreviations import ORDINAL_DOT, abbreviations, numbered
from media_worker.conversation.segments.graphemes import may_cut
from media_worker.conversation.words.normal_form import UNSPACED, base_language

FIRST_WORDS = 8
"""The first segment has at most this many words if its sentence is not complete."""
FIRST_SENTENCE_CHARS = 120
"""A first sentence that is complete and not longer is one segment: a voice speaks it better than its parts."""
MAX_SEGMENT_CHARS = 240
"""Longer text is cut at a clause or a blank. A character of a script without blanks counts three times."""

_CLOSERS = re.escape("\"')]»”’」』）】》〉")
_END = re.compile(
    rf"[.!?‽]+[{_CLOSERS}]*(?=\s|$)"
    rf"|[。！？｡．։؟۔।॥။។።]+[{_CLOSERS}]*"
    r"|(?<=[\u0370-\u03ff\u1f00-\u1fff]);(?=\s|$)"  # the Greek question mark
    r"|\n+"
)
_CLAUSE = re.compile(
    rf"(?:(?<=\S)[,;:—–]|…|\.{{2,}})[{_CLOSERS}]*(?=\s|$)"
    rf"|[、，；：،؛､][{_CLOSERS}]*"
    r"|(?<=[\u0e00-\u0eff]) (?=\S)"  # Thai and Lao put a blank where others put a comma
)
_EIGHT_WORDS = re.compile(rf"\s*(?:\S+\s+){{{FIRST_WORDS - 1}}}\S+(?=\s)")
_INITIALS = re.compile(r"(?:^|[\s(\"'«“‘\[])(?:[A-Za-zÀ-\u024f\u0370-\u052f]\.)+$")
_HALF_DAY = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_NUMBER_TAIL = re.compile(r"\d[.,:]$")
_ORDINAL = re.compile(r"(?:^|\D)\d{1,2}\.$")
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")
_ADDRESS_TAIL = re.compile(r"(?:https?:|www\.|@)\S*$", re.IGNORECASE)
_OPEN_LINK = re.compile(r"\[[^\]\n]*$|\]$|\]\([^)\s]*$")
_SAYS_SOMETHING = re.compile(r"\w")


class Segmenter:
    """One reply's text on its way to the voice."""

    def __init__(self, language: str = "en") -> None:
        """`language` decides which full stops close a sentence."""
        self._abbreviations = abbreviations(language)
        self._numbered = numbered(language)
        self._ordinal_dot = base_language(language) in ORDINAL_DOT
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
        sentence = next(self._ends_of_sentences(), None)
        if self._released == 0 and (sentence is None or sentence > FIRST_SENTENCE_CHARS):
            early = self._end_of_first_part()
            if early is not None and (sentence is None or early < sentence):
                return early
        limit = _limit(self._text)
        if limit is not None and (sentence is None or sentence > limit):
            return self._last_place_before(limit)
        return sentence

    def _ends_of_sentences(self) -> Iterator[int]:
        for mark in _END.finditer(self._text):
            end = mark.end()
            if self._may_end(end) and (mark.group().startswith("\n") or self._closes_sentence(end)):
                yield end

    def _end_of_first_part(self) -> int | None:
        """The first comma, or the end of the eighth word."""
        ends = [mark.end() for mark in _CLAUSE.finditer(self._text) if self._may_end(mark.end())]
        ends = [end for end in ends if end < len(self._text) or not _NUMBER_TAIL.search(self._text)]
        words = _EIGHT_WORDS.match(self._text)
        if words and self._may_end(words.end()):
            ends.append(words.end())
        return min(ends, default=None)

    def _last_place_before(self, limit: int) -> int:
        """Where to cut text that has become too long: after a clause, else at a blank, else between graphemes."""
        clauses = [mark.end() for mark in _CLAUSE.finditer(self._text, 0, limit) if self._may_end(mark.end())]
        if clauses and clauses[-1] >= limit // 2:
            return clauses[-1]
        blank = self._text.rfind(" ", 1, limit)
        if blank > 0 and may_cut(self._text, blank + 1):
            return blank
        return next((end for end in range(limit, 0, -1) if may_cut(self._text, end)), limit)

    def _may_end(self, end: int) -> bool:
        """Whether a segment may end here at all: it says something and tears nothing apart."""
        before = self._text[:end]
        if _OPEN_LINK.search(before) or not _SAYS_SOMETHING.search(before) or not may_cut(self._text, end):
            return False
        return end < len(self._text) or not _ADDRESS_TAIL.search(before)

    def _closes_sentence(self, end: int) -> bool:
        """Whether the mark before `end` closes a sentence, judged by the word it stands at."""
        before, after = self._text[:end].rstrip("\"')]»”’"), self._text[end:].lstrip()
        if not before.endswith("."):
            return True
        if before.endswith(".."):
            return False  # an ellipsis is a pause
        if _LIST_NUMBER.search(before) or (self._ordinal_dot and _ORDINAL.search(before)):
            return False
        if not after and _NUMBER_TAIL.search(before):
            return False  # "at 7." may become "at 7.30"
        if _HALF_DAY.search(before):
            return after[:1].isupper()
        last_word = before.rsplit(None, 1)[-1].casefold().lstrip("(\"'«“‘[")
        if last_word in self._numbered:
            return not after[:1].isdigit() if after else before.strip().casefold() == last_word
        return last_word not in self._abbreviations and _INITIALS.search(before) is None


def _limit(text: str) -> int | None:
    """The position at which the text becomes too long for one segment; None while it is not."""
    if len(text) * 3 <= MAX_SEGMENT_CHARS:
        return None
    weight = 0
    for position, character in enumerate(text):
        weight += 3 if UNSPACED.match(character) else 1
        if weight > MAX_SEGMENT_CHARS:
            return max(position, 1)
    return None
