"""The torture messages of RFC 4475 and RFC 5118: what becomes of each is data, with the RFC's reason."""

import json
from typing import Any

import pytest

from media_worker.transports.sip.demands import refused
from media_worker.transports.sip.framing import frame_datagram
from media_worker.transports.sip.message import Refusal, Request, Response
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.transactions import Transmit
from media_worker.transports.sip.user_agent import Invited
from tests.unit.media_worker.transports.sip.corpora import CORPORA, EXPECTED, in_time, torture_messages
from tests.unit.media_worker.transports.sip.phone import user_agent

EXPECTATIONS: dict[str, dict[str, Any]] = {
    name: row
    for file in ("rfc4475.json", "rfc5118.json")
    for name, row in json.loads((EXPECTED / file).read_text()).items()
}
MESSAGES = torture_messages()
needs_corpora = pytest.mark.skipif(not MESSAGES, reason=f"PARLEY_SIP_CORPORA: no messages in {CORPORA.name}")


def outcome_of(data: bytes) -> int | str:
    frame = frame_datagram(data)
    message = read(frame) if frame else None
    match message:
        case Request():
            refusal = refused(message)
            return refusal.status if refusal else message.method
        case Refusal(status=status):
            return status
        case Response():
            return "response"
    return "dropped"


def test_all_messages_are_expected_and_every_expectation_gives_its_reason() -> None:
    assert len(EXPECTATIONS) == 62
    assert all(row["reason"] and row["section"] for row in EXPECTATIONS.values())


@needs_corpora
@pytest.mark.parametrize("name", sorted(EXPECTATIONS))
def test_the_outcome_is_the_expected_one(name: str) -> None:
    assert outcome_of(MESSAGES[name]) == EXPECTATIONS[name]["outcome"], EXPECTATIONS[name]["reason"]


@needs_corpora
def test_none_takes_50_ms_of_the_processor() -> None:
    for data in MESSAGES.values():
        with in_time():
            outcome_of(data)


@needs_corpora
@pytest.mark.parametrize("name", sorted(EXPECTATIONS))
def test_whoever_is_known_is_told(name: str) -> None:
    """A status is answered, and so are pings; an INVITE is put before the owner, or belongs to a dialog of nobody."""
    agent = user_agent()
    frame = frame_datagram(MESSAGES[name])
    message = read(frame) if frame else None
    events = agent.received(message, Hop("UDP", "192.0.2.7", 5070), 0.0, known=True) if message else []
    told = [int(event.data.split()[1]) for event in events if isinstance(event, Transmit)]
    outcome, calls = EXPECTATIONS[name]["outcome"], [event.call for event in events if isinstance(event, Invited)]
    if calls:
        refusal = calls[0].refusal
        assert (refusal.status if refusal else "INVITE", told) == (outcome, [])
    else:
        answers: dict[object, list[int]] = {"OPTIONS": [200], "BYE": [481], "INVITE": [481]}
        assert told == answers.get(outcome, [outcome] if isinstance(outcome, int) else [])
