"""Finding calls by what somebody types: an id, a telephone number, or words that were said or sent along. Pure.

Ids and numbers are found by the stores' indexes. Words are looked for in the calls themselves, newest first, a bounded
number of them at a time: what was looked through is told, and the search goes on from there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from callcore.calls.call import Call
from callcore.calls.log import CallQuery
from callcore.calls.ports import CallLog, CallStore
from callcore.errors import NotFound
from callcore.ids import CallId, SessionId

LOOKED_THROUGH = 200
"""Calls that one search for words reads, …"""
DEEPLY = 2_000
"""… and one for which somebody is ready to wait."""
_READ_AT_ONCE = 50
MAX_TEXT_CHARS = 200
_NUMBER = re.compile(r"\+?[\d\s()./-]{6,}")
_NO_DIGIT = re.compile(r"[^\d+]")


@dataclass(frozen=True)
class Findings:
    """What one search has found."""

    calls: Sequence[Call]
    """Newest first; for words it may be a few more than asked for."""
    next_cursor: float | None
    """From where to go on; None: these are all."""
    looked_through: int | None = None
    """How many calls were read for words; None: the answer came from an index."""
    back_to: float | None = None
    """When the last one of them began, in unix seconds."""


def find_calls(
    text: str, query: CallQuery, calls: CallStore, call_log: CallLog, looked_through: int = LOOKED_THROUGH
) -> Findings:
    """A page of the calls that match the query and the text; without a text, of those that match the query.

    For words so many calls are `looked_through`.
    """
    wanted = text.strip()[:MAX_TEXT_CHARS]
    if not wanted:
        page = call_log.list_calls(query)
        return Findings(page.calls, page.next_cursor)
    if query.after is None and " " not in wanted:
        named = _named(wanted, query, calls, call_log)
        if named is not None:
            return Findings([named], None)
    if _NUMBER.fullmatch(wanted):
        page = call_log.list_calls(replace(query, phone_number=_NO_DIGIT.sub("", wanted)))
        if page.calls or query.after is not None:
            return Findings(page.calls, page.next_cursor)
    return _with_words(wanted.casefold().split(), query, call_log, looked_through)


def _named(text: str, query: CallQuery, calls: CallStore, call_log: CallLog) -> Call | None:
    with suppress(NotFound):
        return calls.get_call(query.account_id, SessionId(text))
    with suppress(NotFound):
        return call_log.find_call(query.account_id, CallId(text))
    return None


def _with_words(words: Sequence[str], query: CallQuery, call_log: CallLog, most: int) -> Findings:
    found: list[Call] = []
    seen, cursor, last = 0, query.after, None
    while seen < most and len(found) < query.limit:
        page = call_log.list_calls(replace(query, limit=_READ_AT_ONCE, after=cursor))
        found += [call for call in page.calls if holds(call, words)]
        seen += len(page.calls)
        last = page.calls[-1].started_at if page.calls else last
        cursor = page.next_cursor
        if cursor is None:
            break
    return Findings(found, cursor, seen, last)


def holds(call: Call, words: Sequence[str]) -> bool:
    """Whether every one of the words, in lower case, is in what was said, done or sent along in the call."""
    text = "\n".join(_texts(call)).casefold()
    return all(word in text for word in words)


def _texts(call: Call) -> Iterator[str]:
    for message in call.chat or ():
        yield from _strings(message.get("content"))
    # Of an agent that opts out of data collection a call keeps neither (callcore.calls.privacy).
    yield from _strings(call.metadata)
    for run in call.function_calls:
        yield str(run.get("name"))
        yield from _strings(run.get("params"))
    yield call.error_message or ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
    elif value is not None:
        yield str(value)
