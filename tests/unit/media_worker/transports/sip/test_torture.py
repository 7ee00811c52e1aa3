"""The torture messages of RFC 4475 and RFC 5118: what becomes of each is data, with the RFC's reason."""

import json
import time
from typing import Any

import pytest

from media_worker.transports.sip.demands import refused
from media_worker.transports.sip.framing import frame_datagram
from media_worker.transports.sip.message import Refusal, Request, Response
from media_worker.transports.sip.reading import read
from tests.unit.media_worker.transports.sip.corpora import CORPORA, EXPECTED, torture_messages

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
    for name, data in MESSAGES.items():
        began_s = time.thread_time()
        outcome_of(data)
        assert time.thread_time() - began_s < 0.05, name
