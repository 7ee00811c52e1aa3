"""What was said and heard: the part of a reply that was really played, and the chat of a call.

Heard text errs towards less (conversation.md 6.2): a model that believes it said less repeats a
word, one that believes it said more skips information.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

COUNTS_FROM = 0.6
"""A word counts as heard when this much of it was played."""

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    r"\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: written without spaces, cut at a grapheme."""
_MARK = (
    r"\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    r"\u102b-\u103e\u17b4-\u17d3\u200d\u3099\u309a\ufe00-\ufe0f"
)
"""Characters that belong to the one before them."""
_WORD = re.compile(
    rf"\d[\d.,:/\-]*[{_UNSPACED}]"  # a number and its counter
    rf"|[{_UNSPACED}][{_MARK}]*"
    rf"|[^\s{_UNSPACED}]+"
)
_WHOLE = re.compile(r"\d|@|://|^www\.|\w\.\w{2,}(?:/|$)|^[$€£¥+(]+$", re.IGNORECASE)
"""Number, price, date, e-mail address or URL: half of one is a wrong one."""
_SENTENCE_END = re.compile(r"[.!?;:。!?]$")
_NUMBER = re.compile(r"\d|^[$€£¥+(]+$")
_MONTH = re.compile(
    r"^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?),?$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"^(?:[ap]\.?m|o['’]clock|percent|%|dollars?|euros?|pounds?|cents?|hundred|thousand|million|billion|€|\$|£)[.,!?;:]*$",
    re.IGNORECASE,
)


def heard_text(text: str, heard_ms: float, duration_ms: float) -> str:
    """The part of `text` that was heard when `heard_ms` of its `duration_ms` had been played.

    Always a prefix that ends with a word (with a grapheme in scripts without spaces), and never
    shorter for a larger `heard_ms`. A number, price, date, e-mail address or URL is in it whole or
    not at all. Nothing heard, or nothing played: "". All played: the whole text.
    """
    if heard_ms >= duration_ms > 0:
        return text
    if heard_ms <= 0 or duration_ms <= 0:
        return ""
    position = len(text) * heard_ms / duration_ms
    end = 0
    for word_start, word_end, is_whole in _words(text):
        counts_from = word_end if is_whole else word_start + COUNTS_FROM * (word_end - word_start)
        if position < counts_from:
            break
        end = word_end
    return text[:end]


def _words(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end and "counts only whole" of every word; what belongs together is one word."""
    matches = list(_WORD.finditer(text))
    start = 0
    for number, (match, following) in enumerate(pairwise([*matches, None])):
        assert match is not None  # only the last of the pairs' second halves is None
        if following is not None and _belong_together(match[0], following[0]):
            continue
        is_whole = number > start or bool(_WHOLE.search(match[0]))
        yield matches[start].start(), match.end(), is_whole
        start = number + 1


def _belong_together(word: str, following: str) -> bool:
    if _SENTENCE_END.search(word):
        return False
    if _NUMBER.search(word) or _UNIT.search(word):
        return any(part.search(following) for part in (_NUMBER, _MONTH, _UNIT))
    return bool(_MONTH.search(word) and following[0].isdigit())


class Transcript:
    """The chat of a session as it grows: what the user said, and what of the agent's words was heard."""

    def __init__(self, earlier: Sequence[Mapping[str, Any]] = ()) -> None:
        self._messages: list[dict[str, Any]] = [dict(message) for message in earlier]
        self._forgotten: set[int] = set()
        """Positions of what the model does not see."""

    def add_user(self, text: str) -> None:
        """Add a user turn; a blank one leaves no trace."""
        self._add("user", text)

    def add_agent(self, heard: str, *, remember: bool = True) -> None:
        """Add the heard text of a reply; a reply of which nothing was heard leaves no trace.

        Without `remember` it is in the log and not in what the model sees.
        """
        if not remember and heard.strip():
            self._forgotten.add(len(self._messages))
        self._add("assistant", heard)

    def _add(self, role: str, text: str) -> None:
        if text.strip():
            self._messages.append({"role": role, "content": text.strip()})

    def chat(self) -> tuple[dict[str, Any], ...]:
        """The messages in OpenAI's shape, one for every turn."""
        return tuple(dict(message) for message in self._messages)

    def for_model(self, limit: int | None = None) -> tuple[dict[str, Any], ...]:
        """The same without what it shall not remember, consecutive user turns merged: some models refuse two.

        With a limit: the greeting, if there is one, and the last `limit` messages (`llm.history_settings`).
        """
        merged: list[dict[str, Any]] = []
        for position, message in enumerate(self._messages):
            if position in self._forgotten:
                continue
            if message["role"] == "user" and merged and merged[-1]["role"] == "user":
                merged[-1] = {**merged[-1], "content": f"{merged[-1]['content']} {message['content']}"}
            else:
                merged.append(dict(message))
        if limit is None or len(merged) <= limit:
            return tuple(merged)
        first_kept = max(len(merged) - limit, 0)
        greeting = merged[:1] if first_kept and merged[0]["role"] == "assistant" else []
        return (*greeting, *merged[first_kept:])
