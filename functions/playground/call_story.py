"""What happened in a call, in order: what was said, and which functions ran between. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.errors import InvalidInput
from callcore.jsontext import parse_json
from callcore.tools.tool_call import REPEATED
from callcore.tools.toolbox import BuiltIn
from playground.words import as_json, as_text

Chat = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Spoken:
    """Words."""

    role: str
    """`user` or `assistant`."""
    text: str
    start_ms: int | None = None
    """In the recording; None: nobody wrote down when it was."""
    end_ms: int | None = None


@dataclass(frozen=True)
class Ran:
    """A function."""

    name: str
    params: str
    """As JSON."""
    result: str
    is_built_in: bool
    """Of the call itself, as hanging up."""


def story_of(chat: Chat, metrics: Mapping[str, Any] | None) -> list[Spoken | Ran]:
    """The chat as a list to read; instructions of the model are no part of it."""
    results = {message.get("tool_call_id"): as_text(message.get("content")) for message in chat}
    times = {row.get("message"): row for row in (metrics or {}).get("spoken", ())}
    story: list[Spoken | Ran] = []
    for number, message in enumerate(chat):
        role, text = str(message.get("role")), as_text(message.get("content") or "")
        if role in ("user", "assistant") and text.strip():
            time = _time_of(number, chat, times)
            story.append(Spoken(role, text, time.get("start_ms"), time.get("end_ms")))
        story += _runs(message, results)
    return story


def _time_of(number: int, chat: Chat, times: Mapping[Any, Mapping[str, Any]]) -> Mapping[str, Any]:
    """When a message was spoken: times stand with the first message of a reply, which may have had no words."""
    while number not in times and number > 0 and not chat[number - 1].get("content"):
        number -= 1
    return times.get(number, {})


def _runs(message: Mapping[str, Any], results: Mapping[Any, str]) -> Iterator[Ran]:
    for call in message.get("tool_calls") or ():
        call_id, function = str(call.get("id")), call.get("function") or {}
        if call_id.endswith(REPEATED) and call_id.removesuffix(REPEATED) in results:
            continue  # the same run, put at the end once more for the model
        name = str(function.get("name"))
        yield Ran(name, _arguments(function.get("arguments")), results.get(call_id, ""), name in set(BuiltIn))


def _arguments(text: Any) -> str:
    """What the model wrote may be no JSON; then it is shown as it is."""
    try:
        return as_json(parse_json(as_text(text or "{}")))
    except InvalidInput:
        return as_text(text)


def first_words(chat: Chat | None) -> str:
    """What the caller said first, to recognise the call by."""
    return next((as_text(one.get("content") or "") for one in chat or () if one.get("role") == "user"), "")
