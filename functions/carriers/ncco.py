"""What Vonage is told to do with a call: a list of actions (telephony.md 2.2 and 2.3)."""

from collections.abc import Mapping
from typing import Any

AUDIO = "audio/l16;rate=16000"
RING_S = 30
"""For how long the party that a call is transferred to is rung."""
MAX_TALK_CHARS = 1500
Action = Mapping[str, Any]


def websocket(
    url: str, parameters: Mapping[str, str], then: str | None = None, caller: str | None = None
) -> list[Action]:
    """Connect the call with our media socket, whose upgrade Vonage signs; when that is closed, ask `then` what comes
    next (NCCO reference, notify: an NCCO in the reply replaces the rest). None: hang up.
    """
    endpoint = {
        "type": "websocket",
        "uri": url,
        "content-type": AUDIO,
        "headers": dict(parameters),
        "authorization": {"type": "vonage"},
    }
    connect: dict[str, Any] = {"action": "connect", "endpoint": [endpoint]}
    actions: list[Action] = [connect | ({"from": digits(caller)} if caller else {})]
    if then is not None:
        actions.append({"action": "notify", "payload": {}, "eventUrl": [then], "eventMethod": "POST"})
    return actions


def apologise(text: str) -> list[Action]:
    """Say that something is wrong; the call ends after the last action."""
    return [{"action": "talk", "text": text}]


def whisper(text: str, language: str | None) -> list[Action]:
    """Say this to whoever takes a call over, before he hears the caller."""
    return [{"action": "talk", "text": text[:MAX_TALK_CHARS]} | ({"language": language} if language else {})]


def dial(number: str, caller: str, then: str, whisper_url: str | None = None) -> list[Action]:
    """Connect the caller with somebody else; `then` is told how that goes on and may say what comes next.

    `whisper_url` is asked what whoever takes the call hears first.
    """
    endpoint: dict[str, Any] = {"type": "phone", "number": digits(number)}
    if whisper_url is not None:
        endpoint["onAnswer"] = {"url": whisper_url}
    dialled = {
        "action": "connect",
        "from": digits(caller),
        "timeout": RING_S,
        "eventType": "synchronous",
        "eventUrl": [then],
        "eventMethod": "POST",
        "endpoint": [endpoint],
    }
    return [dialled]


def digits(number: str) -> str:
    """A number as Vonage writes it: E.164 without its `+`."""
    return number.removeprefix("+")
