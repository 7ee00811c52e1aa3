"""Calls that are refreshed, or are over."""

import pytest

from media_worker.transports.sip.events import MediaAgreed
from media_worker.transports.sip.framing import Frame
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.session_timer import SessionTimer, Terms
from tests.unit.media_worker.transports.sip.phone import Phone, sdp, statuses

INTERVAL_S = 120


def refused(least_s: int) -> Response:
    """A 422 to our refresh."""
    lines = (
        "SIP/2.0 422 Session Interval Too Small",
        "Via: SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK1",
        "From: <sip:abc@203.0.113.1>;tag=t1",
        "To: <sip:ann@192.0.2.7>;tag=a1",
        "Call-ID: c1",
        "CSeq: 1 INVITE",
        f"Min-SE: {least_s}",
        "Content-Length: 0",
    )
    response = read(Frame("\r\n".join(lines).encode(), b""))
    assert isinstance(response, Response)
    return response


@pytest.mark.parametrize(("least_s", "is_asked_again"), [(INTERVAL_S + 1, True), (INTERVAL_S, False), (90, False)])
def test_who_refuses_the_interval_that_he_asked_for_is_not_asked_without_end(
    least_s: int, is_asked_again: bool
) -> None:
    timer = SessionTimer()
    timer.renew(Terms(INTERVAL_S, we_refresh=True))
    timer.arm(0.0)
    assert timer.take_refresh(60.0)
    assert not timer.responded(refused(least_s), 60.0)
    assert timer.take_refresh(60.0) is is_asked_again


class TestSessionTimers:
    TIMER = ("Supported: timer", "Session-Expires: 1800;refresher=uac")

    def test_the_peer_refreshes_or_the_call_ends(self) -> None:
        phone = Phone()
        response = phone.answered_call(*self.TIMER)
        assert response.headers.get("Session-Expires") == "1800;refresher=uac"
        assert response.headers.get("Require") == "timer"
        phone.wait_until(1700.0)
        assert statuses(phone.ask("UPDATE", *self.TIMER)) == [200]
        phone.wait_until(1700.0 + 1800 - 33)
        assert phone.cause is None
        phone.wait_until(1700.0 + 1800 - 31.9)
        assert phone.cause == "EXPIRED"
        assert len(list(phone.requests("BYE"))) == 1

    def test_we_refresh_at_half_time_with_the_same_description(self) -> None:
        phone = Phone()
        response = phone.answered_call("Supported: timer", "Session-Expires: 90;refresher=uas")
        phone.wait_until(45.0)
        (refresh,) = phone.requests("INVITE")
        assert refresh.body == response.body
        assert refresh.headers.get("Session-Expires") == "90;refresher=uac"
        (ack,) = phone.reply(refresh, 200, "Session-Expires: 90;refresher=uac", "Contact: <sip:moved@192.0.2.7:5090>")
        assert isinstance(ack, Request)
        assert (ack.method, ack.uri_text, ack.cseq.sequence) == ("ACK", "sip:moved@192.0.2.7:5090", 1)
        # A copy of the 200 is acknowledged as well, and changes nothing.
        assert len(phone.reply(refresh, 200, "Session-Expires: 90;refresher=uac")) == 1
        phone.wait_until(90.0)
        assert len(list(phone.requests("INVITE"))) == 2
        assert phone.cause is None

    def test_the_answer_to_a_refresh_may_move_the_audio(self) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 90;refresher=uas")
        phone.wait_until(45.0)
        (refresh,) = phone.requests("INVITE")
        fields = ("Session-Expires: 90;refresher=uac", "Content-Type: application/sdp")
        phone.reply(refresh, 200, *fields, body=sdp(port=4500))
        assert phone.of(MediaAgreed)[-1].terms.remote == ("192.0.2.7", 4500)

    def test_a_peer_that_keeps_a_timer_may_give_it_up(self) -> None:
        phone = Phone()
        phone.answered_call(*self.TIMER)
        (response,) = phone.ask("INVITE", body=sdp())
        phone.ask("ACK")
        assert response.headers.get("Session-Expires") is None
        phone.wait_until(10_000.0)
        assert phone.cause is None

    def test_a_refresh_that_nobody_answers_ends_the_call(self) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 90;refresher=uas")
        phone.wait_until(100.0)
        assert phone.cause in ("EXPIRED", "GONE")

    @pytest.mark.parametrize(("status", "cause"), [(481, "GONE"), (408, "GONE"), (488, None), (500, None)])
    def test_a_refused_refresh(self, status: int, cause: str | None) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 1800;refresher=uas")
        phone.wait_until(900.0)
        (refresh,) = phone.requests("INVITE")
        messages = phone.reply(refresh, status)
        assert isinstance(messages[0], Request)
        assert (messages[0].method, messages[0].branch) == ("ACK", refresh.branch)
        assert phone.cause == cause

    @pytest.mark.parametrize(
        ("status", "fields", "again_at"), [(488, (), 1334.0), (500, ("Retry-After: 9",), 909.0), (503, (), 1334.0)]
    )
    def test_a_refused_refresh_is_tried_again_before_the_session_is_over(
        self, status: int, fields: tuple[str, ...], again_at: float
    ) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 1800;refresher=uas")
        phone.wait_until(900.0)
        (refresh,) = phone.requests("INVITE")
        phone.reply(refresh, status, *fields)
        phone.wait_until(again_at - 0.1)
        assert len(list(phone.requests("INVITE"))) == 1
        phone.wait_until(again_at)
        _, again = phone.requests("INVITE")
        phone.reply(again, 200, "Session-Expires: 1800;refresher=uac")
        phone.wait_until(again_at + 899.0)
        assert phone.cause is None

    def test_a_refresh_that_is_always_refused_is_tried_a_few_times_until_the_session_is_over(self) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 1800;refresher=uas")
        refused: list[Request] = []
        for second in range(1_800):
            phone.wait_until(float(second))
            if len(asked := list(phone.requests("INVITE"))) > len(refused):
                refused = asked
                phone.reply(asked[-1], 488)
        assert 5 < len(refused) < 15
        assert phone.cause == "EXPIRED"

    def test_a_refresh_that_meets_another_or_is_too_frequent_is_repeated(self) -> None:
        phone = Phone()
        phone.answered_call("Supported: timer", "Session-Expires: 90;refresher=uas")
        phone.wait_until(45.0)
        (first,) = phone.requests("INVITE")
        assert statuses(phone.ask("INVITE", body=sdp())) == [491]
        phone.reply(first, 491)
        phone.wait_until(47.0)
        second = list(phone.requests("INVITE"))[1]
        phone.reply(second, 422, "Min-SE: 600")
        phone.wait_until(47.1)
        third = list(phone.requests("INVITE"))[2]
        assert third.headers.get("Session-Expires") == "600;refresher=uac"

    def test_who_knows_no_timers_is_not_asked_for_one(self) -> None:
        phone = Phone()
        response = phone.answered_call()
        assert response.headers.get("Session-Expires") is None
        phone.wait_until(100_000.0)
        assert phone.cause is None
