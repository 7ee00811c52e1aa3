"""When a call is refreshed again."""

import pytest

from media_worker.transports.sip.framing import Frame
from media_worker.transports.sip.message import Response
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.session_timer import SessionTimer, Terms

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
