"""A 180 that the caller requires to be sure, in virtual time (RFC 3262)."""

import pytest

from media_worker.transports.sip.message import Response
from tests.unit.media_worker.transports.sip.phone import OURS, Message, Phone, sdp, statuses

REQUIRED, RACK = "Require: 100rel", "RAck: 1 1 INVITE"


def rung(phone: Phone, *, body: bytes | None = None) -> list[Message]:
    phone.ask("INVITE", REQUIRED, body=sdp() if body is None else body)
    came = phone.take(phone.agent.ring(phone.call, 0.0))
    for ringing in came:
        assert isinstance(ringing, Response)
        assert (ringing.headers.get("Require"), ringing.headers.get("RSeq")) == ("100rel", "1")
        phone.to_tag = ringing.to_tag
    return came


def ringings(phone: Phone) -> list[float]:
    return phone.times(lambda message: isinstance(message, Response) and message.status == 180)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_it_rings_again_until_the_prack_comes(transport: str) -> None:
    phone = Phone(transport=transport)
    assert statuses(rung(phone)) == [180]
    phone.wait_until(2.0)
    assert ringings(phone) == [0.0, 0.5, 1.5]
    assert statuses(phone.ask("PRACK", RACK)) == [200]
    phone.wait_until(7.0)
    assert len(ringings(phone)) == 3
    assert statuses(phone.take(phone.agent.answer(phone.call, OURS, 7.0))) == [200]


def test_an_answer_does_not_wait_for_the_prack_which_may_come_after_it() -> None:
    phone = Phone()
    rung(phone)
    assert statuses(phone.take(phone.agent.answer(phone.call, OURS, 0.1))) == [200]
    phone.ask("ACK")
    phone.wait_until(5.0)
    assert ringings(phone) == [0.0]
    assert statuses(phone.ask("PRACK", RACK)) == [200]
    assert statuses(phone.ask("BYE")) == [200]


def test_a_caller_who_never_acknowledges_is_refused() -> None:
    phone = Phone()
    rung(phone)
    phone.wait_until(40.0)
    assert ringings(phone) == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    refused_at = phone.times(lambda message: isinstance(message, Response) and message.status == 504)
    assert refused_at[0] == 32.0
    assert phone.cause == "LEFT"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), 400),
        (("RAck: 1 INVITE",), 400),
        (("RAck: 1 1 INVITE x",), 400),
        (("RAck: 2 1 INVITE",), 481),
        (("RAck: 1 2 INVITE",), 481),
        (("RAck: 1 1 BYE",), 481),
    ],
)
def test_another_acknowledgement_is_none(fields: tuple[str, ...], status: int) -> None:
    phone = Phone()
    rung(phone)
    assert statuses(phone.ask("PRACK", *fields)) == [status]
    assert statuses(phone.ask("PRACK", RACK)) == [200]
    assert statuses(phone.ask("PRACK", RACK)) == [481]


def test_an_offer_in_it_is_not_taken() -> None:
    phone = Phone()
    rung(phone)
    assert statuses(phone.ask("PRACK", RACK, body=sdp())) == [488]
    assert ringings(phone) == [0.0]


def test_a_call_without_an_offer_does_not_ring_and_is_answered() -> None:
    phone = Phone()
    assert rung(phone, body=b"") == []
    assert statuses(phone.take(phone.agent.answer(phone.call, OURS, 0.1))) == [200]


def test_who_only_could_is_not_asked_to() -> None:
    phone = Phone()
    phone.ask("INVITE", "Supported: 100rel", body=sdp())
    (ringing,) = phone.take(phone.agent.ring(phone.call, 0.0))
    assert isinstance(ringing, Response)
    assert ringing.headers.get("RSeq") is None
    phone.to_tag = ringing.to_tag
    assert statuses(phone.ask("PRACK", RACK)) == [481]
