"""What was said and heard: the part of a reply that was really played, and the chat of a call.

Heard text errs towards less (conversation.md 6.2): a model that believes it said less repeats a
word, one that believes it said more skips information.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from callcore.tools.tool_call import REPEATED, ToolCall

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


@dataclass(frozen=True)
class TextTime:
    """When a voice has said a part of its text."""

    position: int
    """The characters of the text before it have been said …"""
    at_ms: float
    """… when so much of its sound has been played."""


def heard_text(text: str, heard_ms: float, duration_ms: float, times: Sequence[TextTime] = ()) -> str:
    """The part of `text` that was heard when `heard_ms` of its `duration_ms` had been played.

    Always a prefix that ends with a word (with a grapheme in scripts without spaces), and never
    shorter for a larger `heard_ms`. A number, price, date, e-mail address or URL is in it whole or
    not at all. Nothing heard, or nothing played: "". All played: the whole text. Between the `times`
    that the voice told, and without any, the text is taken to go on evenly.
    """
    if heard_ms >= duration_ms > 0:
        return text
    if heard_ms <= 0 or duration_ms <= 0:
        return ""
    position = _position(len(text), heard_ms, duration_ms, times)
    end = 0
    for word_start, word_end, is_whole in _words(text):
        counts_from = word_end if is_whole else word_start + COUNTS_FROM * (word_end - word_start)
        if position < counts_from:
            break
        end = word_end
    return text[:end]


def _position(length: int, heard_ms: float, duration_ms: float, times: Sequence[TextTime]) -> float:
    """How far the text has been said, in characters."""
    before = TextTime(0, 0.0)
    for time in (*times, TextTime(length, duration_ms)):
        if heard_ms < time.at_ms:
            share = (heard_ms - before.at_ms) / (time.at_ms - before.at_ms)
            return before.position + share * (time.position - before.position)
        before = time
    return before.position


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


STILL_RUNNING = '{"status":"still running"}'
"""The result of a call until it has one."""
CALL_ENDED = '{"error":"the call ended"}'
"""The result of a call that had none when its session was over."""

Message = dict[str, Any]


class Transcript:
    """The chat of a session as it grows: what the user said, what of the agent's words was heard, what was called.

    A reply may call functions and go on when it has their results. Its words enter the chat when it is over, because
    only then is known how much of them was heard; until then the model sees what it has said and the chat nothing.
    Every call has exactly one result from the beginning: that it still runs.
    """

    def __init__(self, earlier: Sequence[Mapping[str, Any]] = ()) -> None:
        self._messages: list[Message] = [dict(message) for message in earlier]
        self._forgotten: set[int] = set()
        """Positions of words that the model does not see."""
        self._cut: set[int] = set()
        """Positions of words that were cut off."""
        self._unheard: dict[int, str] = {}
        """Of the running reply: what it said with its calls, by their positions."""

    def __len__(self) -> int:
        return len(self._messages)

    def add_user(self, text: str) -> None:
        """Add a user turn; a blank one leaves no trace."""
        self._add("user", text)

    def revise_user(self, text: str) -> None:
        """The last user turn was really this; nothing happens when there is none."""
        for message in reversed(self._messages):
            if message["role"] == "user":
                message["content"] = text.strip()
                return

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

    def add_calls(self, calls: Sequence[ToolCall], said: str) -> None:
        """The running reply has said `said`, which may not have been heard yet, and calls functions that run now."""
        self._unheard[len(self._messages)] = said.strip()
        written = [call.to_message() for call in calls]
        self._messages.append({"role": "assistant", "content": "", "tool_calls": written})
        for call in calls:
            result = {"role": "tool", "tool_call_id": call.call_id, "name": call.name, "content": STILL_RUNNING}
            self._messages.append(result)

    def set_result(self, call_id: str, result: str) -> None:
        """A call is over. Its result stands with it, whatever was said since."""
        for message in self._messages:
            if message.get("tool_call_id") == call_id:
                message["content"] = result

    def repeat_call(self, call_id: str) -> None:
        """The user came back to a call that nobody waited for: it stands at the end again, for the model to go on."""
        calls = [call for message in self._messages for call in message.get("tool_calls") or ()]
        results = [message for message in self._messages if message.get("tool_call_id") == call_id]
        for call in [call for call in calls if call["id"] == call_id]:
            again = {**call, "id": call_id + REPEATED}
            self._messages.append({"role": "assistant", "content": "", "tool_calls": [again]})
            self._messages += [{**result, "tool_call_id": again["id"]} for result in results]

    def add_reply(self, heard: Sequence[str], *, cut: bool = False, remember: bool = True) -> None:
        """The running reply is over: the heard part of what it said with each of its groups of calls, and then alone.

        `cut`: it was interrupted. Without `remember` its words are in the log and not in what the model sees.
        """
        with_calls = sorted(self._unheard)
        for position, text in zip(with_calls, heard, strict=False):
            self._messages[position]["content"] = text.strip()
            if not remember:
                self._forgotten.add(position)
        self._unheard.clear()
        alone = " ".join(text.strip() for text in heard[len(with_calls) :] if text.strip())
        self.add_agent(alone, remember=remember)
        if cut and any(text.strip() for text in heard):
            self._cut.add(len(self._messages) - 1 if alone else max(with_calls))

    def with_user(self, text: str) -> "Transcript":
        """What it would be if the user had said `text` as well."""
        expected = deepcopy(self)
        expected.add_user(text)
        return expected

    def chat(self) -> tuple[Message, ...]:
        """The messages in OpenAI's shape, one for every turn."""
        return tuple(dict(message) for message in self._messages)

    def for_model(self, limit: int | None = None, result_limit: int | None = None) -> tuple[Message, ...]:
        """The chat as the model may see it, consecutive user turns merged: some models refuse two.

        With a limit: the greeting, if there is one, and the last `limit` messages, where calls and their results count
        as one; with a limit of results: the last `result_limit` of them, older calls go with their results
        (`llm.history_settings`).
        """
        groups = _grouped(self._remembered())
        if result_limit is not None:
            groups = _without_old_results(groups, result_limit)
        merged = _merged(groups)
        if limit is not None and len(merged) > limit:
            first_kept = max(len(merged) - limit, 0)
            greeting = merged[:1] if first_kept and merged[0][0]["role"] == "assistant" else []
            merged = [*greeting, *merged[first_kept:]]
        return tuple(message for group in merged for message in group)

    def _remembered(self) -> Iterator[Message]:
        for position, message in enumerate(self._messages):
            words = self._unheard.get(position, message.get("content"))
            if position in self._forgotten:
                words = ""
            elif position in self._cut:
                words = f"{words}…"
            if words or "tool_calls" in message or message["role"] == "tool":
                yield {**message, "content": words}


def _grouped(messages: Iterable[Message]) -> list[list[Message]]:
    """Every message by itself, but calls together with their results."""
    groups: list[list[Message]] = []
    for message in messages:
        if message["role"] == "tool" and groups and "tool_calls" in groups[-1][0]:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def _without_old_results(groups: Sequence[list[Message]], result_limit: int) -> list[list[Message]]:
    kept: list[list[Message]] = []
    room = result_limit
    for group in reversed(groups):
        first, *results = group
        last = results[max(0, len(results) - room) :]
        room -= len(last)
        if len(last) == len(results):
            kept.append(group)
        elif last or first["content"]:
            kept.append(_with_calls_of(first, last))
    return kept[::-1]


def _with_calls_of(message: Message, results: Sequence[Message]) -> list[Message]:
    """The message with the calls that have one of these results; without any it keeps its words alone."""
    ids = {result["tool_call_id"] for result in results}
    calls = [call for call in message["tool_calls"] if call["id"] in ids]
    words = {key: value for key, value in message.items() if key != "tool_calls"}
    return [{**words, "tool_calls": calls} if calls else words, *results]


def _merged(groups: Sequence[list[Message]]) -> list[list[Message]]:
    merged: list[list[Message]] = []
    for group in groups:
        before = merged[-1][0] if merged else None
        if before is not None and before["role"] == "user" and group[0]["role"] == "user":
            merged[-1] = [{**before, "content": f"{before['content']} {group[0]['content']}"}]
        else:
            merged.append(group)
    return merged
