"""What Vonage is told to do with a call: a list of actions (telephony.md 2.2 and 2.3)."""

from collections.abc import Mapping
from typing import Any

AUDIO = "audio/l16;rate=16000"
RING_S = 30
"""For how long the party that a call is transferred to is rung."""
Action = Mapping[str, Any]


def websocket(url: str, parameters: Mapping[str, str], caller: str | None = None) -> list[Action]:
    """Connect the call with our media socket; Vonage signs the upgrade. When that is closed the call is over."""
    endpoint = {
        "type": "websocket",
        "uri": url,
        "content-type": AUDIO,
        "headers": dict(parameters),
        "authorization": {"type": "vonage"},
    }
    connect: dict[str, Any] = {"action": "connect", "endpoint": [endpoint]}
    return [connect | ({"from": digits(caller)} if caller else {})]


def apologise(text: str) -> list[Action]:
    """Say that something is wrong; the call ends after the last action."""
    return [{"action": "talk", "text": text}]


def dial(number: str, caller: str | None) -> list[Action]:
    """Connect the caller with somebody else."""
    is_sip = number.startswith("sip:")
    endpoint = {"type": "sip", "uri": number} if is_sip else {"type": "phone", "number": digits(number)}
    connect: dict[str, Any] = {"action": "connect", "timeout": str(RING_S), "endpoint": [endpoint]}
    return [connect | ({"from": digits(caller)} if caller else {})]


def digits(number: str) -> str:
    """A number as Vonage writes it: E.164 without its `+`."""
    return number.removeprefix("+")
