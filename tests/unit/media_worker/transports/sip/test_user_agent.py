"""Whole calls in virtual time: an INVITE and what may follow it."""

import pytest

from media_worker.transports.sip.events import KeyHeard, MediaAgreed, TransferSettled
from media_worker.transports.sip.fields import parse_uri
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.phases import LATE, TABLE, Phase, Step
from media_worker.transports.sip.routing import Hop, answered_vias, next_hop, response_hop
from media_worker.transports.sip.user_agent import Invited
from tests.unit.media_worker.transports.sip.phone import OURS, Message, Phone, sdp, statuses, user_agent


def is_200(message: Message) -> bool:
    return isinstance(message, Response) and message.status == 200


def test_every_phase_knows_every_step_that_is_not_late() -> None:
    early = {Phase.INVITED, Phase.RINGING}
    for phase in Phase:
        known = {step for before, step in TABLE if before is phase}
        if phase is Phase.OVER:
            assert not known
        elif phase in early:
            assert {Step.ANSWER, Step.REFUSE, Step.CANCEL, Step.BYE} <= known
        else:
            assert {Step.HANG_UP, Step.BYE, Step.ACK, Step.NO_ACK} <= known
            assert not known & LATE


class TestACallThatIsTaken:
    def test_it_rings_is_answered_and_the_caller_hangs_up(self) -> None:
        phone = Phone()
        assert phone.ask("INVITE", body=sdp()) == []
        assert statuses(phone.take(phone.agent.ring(phone.call, 0.0))) == [180]
        (ok,) = phone.take(phone.agent.answer(phone.call, OURS, 0.0))
        assert isinstance(ok, Response)
        assert b"c=IN IP4 203.0.113.1\r\n" in ok.body
        assert b"m=audio 16384 RTP/AVP 0 101\r\n" in ok.body
        assert ok.headers.get("Contact") == "<sip:203.0.113.1:5060>"
        phone.to_tag = ok.to_tag
        assert phone.ask("ACK") == []
        assert statuses(phone.ask("BYE")) == [200]
        assert phone.cause == "HUNG_UP"
        (agreed,) = phone.of(MediaAgreed)
        assert agreed.terms.remote == ("192.0.2.7", 4000)

    def test_the_same_invite_again_is_answered_by_the_last_response(self) -> None:
        phone = Phone()
        invite = phone.write("INVITE", body=sdp())
        assert phone.tell(invite) == []
        assert phone.tell(invite) == []
        phone.take(phone.agent.ring(phone.call, 0.0))
        assert statuses(phone.tell(invite)) == [180]
        assert len(phone.of(Invited)) == 1

    def test_we_hang_up(self) -> None:
        phone = Phone()
        phone.answered_call()
        (bye,) = phone.take(phone.agent.hang_up(phone.call, 1.0, 'Q.850;cause=41;text="drain"'))
        assert isinstance(bye, Request)
        assert (bye.method, bye.cseq.sequence, bye.uri_text) == ("BYE", 1, "sip:ann@192.0.2.7:5070")
        assert bye.headers.get("Reason") == 'Q.850;cause=41;text="drain"'
        assert (bye.from_tag, bye.to_tag) == (phone.to_tag, "a1")
        assert phone.cause == "LEFT"
        phone.reply(bye, 200)
        phone.wait_until(100.0)
        assert len(phone.agent) == 0
        assert len(phone.agent.line.transactions) == 0

    def test_we_hang_up_while_a_peer_asks_more_than_can_be_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        phone = Phone()
        phone.answered_call()
        monkeypatch.setattr(phone.agent.line.transactions, "_max_count", 10)
        for number in range(20):
            phone.ask("OPTIONS", branch=f"flood{number}")
        assert phone.ask("OPTIONS", branch="one more") == []
        (bye,) = phone.take(phone.agent.hang_up(phone.call, 1.0))
        assert isinstance(bye, Request)
        assert phone.cause == "LEFT"
        phone.wait_until(100.0)
        assert len(phone.agent) == 0

    def test_a_bye_that_nobody_answers_is_repeated_and_the_call_forgotten(self) -> None:
        phone = Phone()
        phone.answered_call()
        phone.take(phone.agent.hang_up(phone.call, 0.0))
        phone.wait_until(100.0)
        assert len(list(phone.requests("BYE"))) == 11
        assert len(phone.agent) == 0

    def test_a_request_out_of_order_and_one_after_the_end(self) -> None:
        phone = Phone()
        phone.answered_call()
        assert statuses(phone.ask("INFO", cseq=1, branch="old")) == [500]
        phone.ask("BYE")
        assert statuses(phone.ask("BYE")) == [200]
        assert statuses(phone.ask("INVITE", body=sdp())) == [481]

    def test_in_dialog_requests_that_are_answered_at_once(self) -> None:
        phone = Phone()
        phone.answered_call()
        (response,) = phone.ask("OPTIONS")
        assert is_200(response)
        assert "INVITE" in (response.headers.get("Allow") or "")
        assert statuses(phone.ask("REFER", "Refer-To: <sip:x@y>")) == [603]
        assert statuses(phone.ask("NOTIFY", "Event: presence")) == [489]
        assert statuses(phone.ask("NOTIFY", "Event: refer")) == [481]
        assert statuses(phone.ask("MESSAGE")) == [405]

    def test_keys_by_info(self) -> None:
        phone = Phone()
        phone.answered_call()
        relay = b"Signal=5\r\nDuration=160\r\n"
        assert statuses(phone.ask("INFO", "Content-Type: application/dtmf-relay", body=relay)) == [200]
        assert statuses(phone.ask("INFO", "Content-Type: application/dtmf", body=b"#")) == [200]
        assert statuses(phone.ask("INFO", "Content-Type: application/dtmf-relay", body=b"Signal=10\r\n")) == [200]
        assert statuses(phone.ask("INFO", "Content-Type: text/plain", body=b"5")) == [415]
        assert [event.key for event in phone.of(KeyHeard)] == ["5", "#", "*"]


class TestTheAck:
    @pytest.mark.parametrize("transport", ["UDP", "TCP"])
    def test_without_one_the_200_is_repeated_for_32_s_and_then_comes_a_bye(self, transport: str) -> None:
        phone = Phone(transport=transport)
        phone.answered_call(ack=False)
        phone.wait_until(33.0)
        assert phone.times(is_200) == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert phone.times(lambda message: isinstance(message, Request) and message.method == "BYE")[0] == 32.0
        assert phone.cause == "NO_ACK"

    def test_a_late_one_ends_the_repetition(self) -> None:
        phone = Phone()
        phone.answered_call(ack=False)
        phone.wait_until(5.0)
        phone.ask("ACK")
        phone.wait_until(60.0)
        assert phone.times(is_200) == [0.0, 0.5, 1.5, 3.5]
        assert phone.cause is None

    def test_we_do_not_hang_up_before_it_came(self) -> None:
        phone = Phone()
        phone.answered_call(ack=False)
        assert phone.take(phone.agent.hang_up(phone.call, 0.1)) == []
        assert [message.method for message in phone.ask("ACK") if isinstance(message, Request)] == ["BYE"]
        assert phone.cause == "LEFT"

    def test_of_another_invite_says_nothing(self) -> None:
        phone = Phone()
        phone.answered_call(ack=False)
        phone.ask("ACK", cseq=7)
        phone.wait_until(0.6)
        assert len(phone.times(is_200)) == 2


class TestACallThatIsNotTaken:
    def test_refused(self) -> None:
        phone = Phone()
        phone.ask("INVITE", body=sdp())
        assert statuses(phone.take(phone.agent.refuse(phone.call, 480, 0.0))) == [480]
        phone.wait_until(2.0)
        phone.ask("ACK", branch="INVITE-1")
        phone.wait_until(60.0)
        assert phone.times(lambda message: isinstance(message, Response)) == [0.0, 0.5, 1.5]
        assert len(phone.agent) == 0

    def test_ignored_however_often_it_is_asked(self) -> None:
        phone = Phone(known=False)
        invite = phone.write("INVITE", body=sdp())
        phone.tell(invite)
        assert phone.take(phone.agent.ignore(phone.call, 0.0)) == []
        for at in (0.5, 1.5, 3.5, 31.5):
            phone.wait_until(at)
            assert phone.tell(invite) == []
        phone.wait_until(60.0)
        assert len(phone.of(Invited)) == 1
        assert len(phone.agent) == len(phone.agent.line.transactions) == 0

    def test_forgotten_and_new_when_it_is_asked_again(self) -> None:
        phone = Phone(known=False)
        invite = phone.write("INVITE", body=sdp())
        phone.tell(invite)
        assert phone.take(phone.agent.forget(phone.call, 0.0)) == []
        assert len(phone.agent) == len(phone.agent.line.transactions) == 0
        phone.wait_until(0.5)
        assert phone.tell(invite) == []
        assert len(phone.of(Invited)) == 2

    def test_who_has_to_prove_himself_is_told_once_and_nothing_is_kept(self) -> None:
        phone = Phone(known=False)
        phone.ask("INVITE", body=sdp())
        assert statuses(phone.take(phone.agent.challenge(phone.call, 0.0, [("WWW-Authenticate", "Digest")]))) == [401]
        assert len(phone.agent) == len(phone.agent.line.transactions) == 0
        assert phone.agent.next_deadline() is None
        assert phone.ask("ACK", branch="INVITE-1") == []
        phone.ask("INVITE", "Authorization: Digest", body=sdp())
        assert len(phone.of(Invited)) == 2

    @pytest.mark.parametrize("rings", [True, False])
    def test_canceled(self, rings: bool) -> None:
        phone = Phone()
        phone.ask("INVITE", body=sdp())
        if rings:
            phone.take(phone.agent.ring(phone.call, 0.0))
        assert statuses(phone.ask("CANCEL", branch="INVITE-1")) == [200, 487]
        assert phone.cause == "CANCELED"
        assert phone.take(phone.agent.answer(phone.call, OURS, 0.1)) == []

    def test_canceled_too_late(self) -> None:
        phone = Phone()
        phone.answered_call()
        phone.to_tag = ""
        assert statuses(phone.ask("CANCEL", branch="INVITE-1")) == [200]
        assert phone.cause is None

    def test_a_cancel_of_nothing(self) -> None:
        assert statuses(Phone(cseq=1).ask("CANCEL")) == [481]

    def test_a_bye_before_the_answer(self) -> None:
        phone = Phone()
        phone.ask("INVITE", body=sdp())
        (ringing,) = phone.take(phone.agent.ring(phone.call, 0.0))
        assert isinstance(ringing, Response)
        phone.to_tag = ringing.to_tag
        assert statuses(phone.ask("BYE")) == [200, 487]
        assert phone.cause == "HUNG_UP"

    def test_the_same_request_on_two_ways(self) -> None:
        phone = Phone()
        phone.ask("INVITE", body=sdp())
        assert statuses(phone.ask("INVITE", body=sdp(), cseq=1, branch="other")) == [482]

    def test_the_table_is_full(self) -> None:
        phone = Phone(agent=user_agent(max_calls=1))
        phone.ask("INVITE", body=sdp())
        phone.call_id = "call-2"
        (response,) = phone.ask("INVITE", body=sdp(), branch="second")
        assert isinstance(response, Response)
        assert (response.status, response.headers.get("Retry-After")) == (503, "10")

    @pytest.mark.parametrize(
        ("fields", "body", "status"),
        [
            ((), sdp(formats="18 96"), 488),
            ((), b"v=0\r\n", 488),
            ((), sdp(host="224.0.0.1"), 488),
            ((), sdp(host="169.254.170.2"), 488),
            ((), sdp().replace(b"IP4 192.0.2.7", b"IP6 2001:db8::7"), 488),
            (("Session-Expires: 60", "Supported: timer"), sdp(), 422),
            (("Require: precondition",), sdp(), 420),
        ],
    )
    def test_what_it_cannot_have_is_known_before_it_is_decided_on(
        self, fields: tuple[str, ...], body: bytes, status: int
    ) -> None:
        phone = Phone()
        assert phone.ask("INVITE", *fields, body=body) == []
        assert phone.call.refusal is not None
        assert phone.call.refusal.status == status


class TestTheUnknown:
    @pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "BYE", "CANCEL", "MESSAGE", "FOO", "ACK"])
    def test_they_get_no_answer(self, method: str) -> None:
        phone = Phone(known=False, cseq=1)
        assert phone.ask(method) == []
        phone.to_tag = "guessed"
        assert phone.ask(method, branch="2") == []
        assert len(phone.agent.line.transactions) == 0

    def test_a_malformed_request_of_theirs_neither(self) -> None:
        phone = Phone(known=False)
        assert phone.tell(phone.write("INVITE").replace(b"CSeq: 1 INVITE", b"CSeq: 1 BYE")) == []
        phone.known = True
        assert statuses(phone.tell(phone.write("INVITE").replace(b"CSeq: 2 INVITE", b"CSeq: 2 BYE"))) == [400]

    def test_the_known_do(self) -> None:
        phone = Phone()
        assert statuses(phone.ask("OPTIONS")) == [200]
        assert statuses(phone.ask("REGISTER")) == [405]
        assert statuses(phone.ask("FOO")) == [501]
        phone.to_tag = "gone"
        assert statuses(phone.ask("BYE")) == [481]
        assert statuses(phone.ask("INVITE", body=sdp())) == [481]


class TestOffersAndAnswers:
    def test_without_an_offer_ours_is_in_the_200_and_the_answer_in_the_ack(self) -> None:
        phone = Phone()
        response = phone.answered_call(body=b"", ack_body=sdp(port=4100, formats="8 101"))
        assert b"m=audio 16384 RTP/AVP 0 8 9 101\r\n" in response.body
        (agreed,) = phone.of(MediaAgreed)
        assert (agreed.terms.codec.name, agreed.terms.remote) == ("PCMA", ("192.0.2.7", 4100))

    def test_an_ack_without_a_usable_answer_ends_the_call(self) -> None:
        phone = Phone()
        phone.answered_call(body=b"", ack_body=sdp(formats="18"))
        assert phone.cause == "NO_ANSWER_IN_ACK"
        assert len(list(phone.requests("BYE"))) == 1

    @pytest.mark.parametrize(
        ("offer", "ours", "flow"),
        [
            (sdp("sendonly"), b"a=recvonly", (False, True)),
            (sdp("inactive"), b"a=inactive", (False, False)),
            (sdp("recvonly"), b"a=sendonly", (True, False)),
            (sdp(host="0.0.0.0"), b"a=inactive", (False, False)),
        ],
    )
    def test_hold_and_back(self, offer: bytes, ours: bytes, flow: tuple[bool, bool]) -> None:
        phone = Phone()
        phone.answered_call()
        (held,) = phone.ask("INVITE", body=offer)
        assert is_200(held)
        assert ours in held.body
        phone.ask("ACK")
        (back,) = phone.ask("INVITE", body=sdp(port=4242))
        assert b"a=sendrecv" in back.body
        phone.ask("ACK")
        terms = [event.terms for event in phone.of(MediaAgreed)]
        assert [(one.sends, one.receives) for one in terms] == [(True, True), flow, (True, True)]
        assert terms[-1].remote == ("192.0.2.7", 4242)
        versions = [m.body.split()[3] for _, m in phone.sent_at if isinstance(m, Response) and m.body]
        assert versions == [b"1", b"2", b"3"]

    def test_an_update_holds_as_well_and_one_without_an_offer_changes_nothing(self) -> None:
        phone = Phone()
        phone.answered_call()
        (held,) = phone.ask("UPDATE", body=sdp("sendonly"))
        assert b"a=recvonly" in held.body
        (refreshed,) = phone.ask("UPDATE")
        assert is_200(refreshed)
        assert refreshed.body == b""

    def test_a_re_invite_without_an_offer_is_offered_what_holds(self) -> None:
        phone = Phone()
        first = phone.answered_call()
        (second,) = phone.ask("INVITE")
        assert second.body == first.body
        phone.ask("ACK", body=sdp(port=4300))
        assert phone.of(MediaAgreed)[-1].terms.remote == ("192.0.2.7", 4300)

    def test_one_that_cannot_be_agreed_to_leaves_the_call_as_it_was(self) -> None:
        phone = Phone()
        phone.answered_call()
        before = len(phone.of(MediaAgreed))
        assert statuses(phone.ask("INVITE", body=sdp(formats="18"))) == [488]
        phone.ask("ACK")
        assert len(phone.of(MediaAgreed)) == before
        assert phone.cause is None

    def test_one_before_the_first_is_acknowledged_has_to_come_again(self) -> None:
        phone = Phone()
        phone.answered_call(ack=False)
        (response,) = phone.ask("INVITE", body=sdp())
        assert isinstance(response, Response)
        assert (response.status, response.headers.get("Retry-After")) == (500, "2")

    def test_one_that_is_never_acknowledged_ends_the_call(self) -> None:
        phone = Phone()
        phone.answered_call()
        phone.ask("INVITE", body=sdp())
        phone.wait_until(40.0)
        assert phone.cause == "NO_ACK"

    def test_a_cancel_of_one_that_is_answered_comes_too_late(self) -> None:
        phone = Phone()
        phone.answered_call()
        phone.ask("INVITE", body=sdp())
        assert statuses(phone.ask("CANCEL", branch="INVITE-2")) == [200]
        assert phone.cause is None


class TestTransfer:
    def referred(self, phone: Phone) -> Request:
        phone.answered_call()
        (refer,) = phone.take(phone.agent.refer(phone.call, "sip:+15559@192.0.2.7", phone.now))
        assert isinstance(refer, Request)
        assert (refer.method, refer.headers.get("Refer-To")) == ("REFER", "<sip:+15559@192.0.2.7>")
        return refer

    def notify(self, phone: Phone, line: str, state: str = "active") -> list[int]:
        fields = ("Event: refer", f"Subscription-State: {state}", "Content-Type: message/sipfrag;version=2.0")
        return statuses(phone.ask("NOTIFY", *fields, body=line.encode()))

    def test_the_peer_tells_how_it_goes(self) -> None:
        phone = Phone()
        phone.reply(self.referred(phone), 202)
        assert self.notify(phone, "SIP/2.0 100 Trying\r\n") == [200]
        assert phone.of(TransferSettled) == []
        assert self.notify(phone, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource") == [200]
        assert [(event.succeeded, event.status) for event in phone.of(TransferSettled)] == [(True, 200)]
        phone.take(phone.agent.hang_up(phone.call, phone.now))
        assert self.notify(phone, "SIP/2.0 200 OK\r\n") == [200]

    def test_nobody_takes_it_and_the_call_goes_on(self) -> None:
        phone = Phone()
        phone.reply(self.referred(phone), 202)
        self.notify(phone, "SIP/2.0 486 Busy Here\r\n", "terminated")
        assert [(event.succeeded, event.status) for event in phone.of(TransferSettled)] == [(False, 486)]
        phone.wait_until(100.0)
        assert phone.cause is None
        assert len(phone.of(TransferSettled)) == 1

    @pytest.mark.parametrize("status", [405, 501, 603])
    def test_the_peer_does_not_do_that(self, status: int) -> None:
        phone = Phone()
        phone.reply(self.referred(phone), status)
        assert [(event.succeeded, event.status) for event in phone.of(TransferSettled)] == [(False, status)]

    def test_a_peer_that_only_hangs_up_has_done_it(self) -> None:
        phone = Phone()
        phone.reply(self.referred(phone), 202)
        self.notify(phone, "", "terminated")
        assert statuses(phone.ask("BYE")) == [200]
        assert [event.succeeded for event in phone.of(TransferSettled)] == [True]
        assert phone.cause == "HUNG_UP"

    def test_a_peer_that_says_nothing_has_a_minute(self) -> None:
        phone = Phone()
        phone.reply(self.referred(phone), 202)
        phone.wait_until(59.0)
        assert phone.of(TransferSettled) == []
        phone.wait_until(61.0)
        assert [event.succeeded for event in phone.of(TransferSettled)] == [False]

    def test_one_at_a_time_and_only_in_a_call(self) -> None:
        phone = Phone()
        self.referred(phone)
        phone.take(phone.agent.refer(phone.call, "sip:x@192.0.2.7", phone.now))
        assert [event.succeeded for event in phone.of(TransferSettled)] == [False]


class TestTheWayBack:
    PROXIES = ("Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.9;lr;ftag=a>", "Record-Route: <sip:192.0.2.10;lr>")

    def test_what_establishes_a_dialog_tells_the_caller_the_way_as_it_was_written_down(self) -> None:
        phone = Phone()
        ok = phone.answered_call(*self.PROXIES)
        rung = next(message for _, message in phone.sent_at if isinstance(message, Response))
        for response, status in ((rung, 180), (ok, 200)):
            assert response.status == status
            way = [f"Record-Route: {route}" for route in response.headers.all("Record-Route")]
            assert tuple(way) == self.PROXIES

    def test_a_refusal_establishes_none(self) -> None:
        phone = Phone()
        phone.ask("INVITE", *self.PROXIES, body=sdp())
        (refused,) = phone.take(phone.agent.refuse(phone.call, 486, 0.0))
        assert isinstance(refused, Response)
        assert refused.headers.all("Record-Route") == []

    def test_the_routes_are_those_of_the_invite_in_their_order(self) -> None:
        phone = Phone()
        phone.answered_call("Record-Route: <sip:192.0.2.8:5080;lr>, <sip:192.0.2.9;lr>")
        events = phone.agent.hang_up(phone.call, 0.0)
        (bye,) = phone.take(events)
        assert bye.headers.all("Route") == ["<sip:192.0.2.8:5080;lr>", "<sip:192.0.2.9;lr>"]
        assert isinstance(bye, Request)
        assert bye.uri_text == "sip:ann@192.0.2.7:5070"
        (hop,) = [event.hop for event in events if hasattr(event, "hop")]
        assert (hop.host, hop.port) == ("192.0.2.8", 5080)

    def test_a_strict_router_is_the_request_uri(self) -> None:
        phone = Phone()
        phone.answered_call("Record-Route: <sip:192.0.2.8:5080>, <sip:192.0.2.9;lr>")
        (bye,) = phone.take(phone.agent.hang_up(phone.call, 0.0))
        assert isinstance(bye, Request)
        assert bye.uri_text == "sip:192.0.2.8:5080"
        assert bye.headers.all("Route") == ["<sip:192.0.2.9;lr>", "<sip:ann@192.0.2.7:5070>"]

    @pytest.mark.parametrize("contact", ["<sip:ann@224.0.0.7>", "<sip:ann@pbx.example.com>", "<sip:ann@169.254.170.2>"])
    def test_where_nobody_can_be_reached_we_answer_to_where_he_was_heard(self, contact: str) -> None:
        phone = Phone(contact=contact)
        phone.answered_call()
        (hop,) = [event.hop for event in phone.agent.hang_up(phone.call, 0.0) if hasattr(event, "hop")]
        assert (hop.host, hop.port) == ("192.0.2.7", 5070)

    def test_a_private_address_is_not_one_of_a_peer_in_the_internet(self) -> None:
        heard = Hop("UDP", "1.1.1.1", 40_000)
        for uri, host in (("sip:ann@10.0.0.7", "1.1.1.1"), ("sip:ann@8.8.8.8:5070", "8.8.8.8")):
            parsed = parse_uri(uri, with_headers=True)
            assert parsed is not None
            assert next_hop(parsed, heard).host == host


class TestResponses:
    @pytest.mark.parametrize(
        ("via", "source", "port", "told"),
        [
            ("192.0.2.7:5070;branch=z9hG4bKx", "192.0.2.7", 5070, "192.0.2.7:5070;branch=z9hG4bKx"),
            ("192.0.2.7;branch=z9hG4bKx", "192.0.2.9", 5060, "192.0.2.7;branch=z9hG4bKx;received=192.0.2.9"),
            ("pbx;branch=z9hG4bKx;rport", "192.0.2.7", 40_000, "pbx;branch=z9hG4bKx;rport=40000;received=192.0.2.7"),
            (
                "pbx;maddr=192.0.2.66;branch=z9hG4bKx",
                "192.0.2.7",
                5060,
                "pbx;maddr=192.0.2.66;branch=z9hG4bKx;received=192.0.2.7",
            ),
            ("a b c", "192.0.2.7", 40_000, "a b c"),
        ],
    )
    def test_they_go_where_the_request_came_from(self, via: str, source: str, port: int, told: str) -> None:
        hop, vias = Hop("UDP", source, 40_000), [f"SIP/2.0/UDP {via}", "SIP/2.0/UDP other"]
        assert response_hop(vias, hop) == Hop("UDP", source, port)
        assert answered_vias(vias, hop) == [("Via", f"SIP/2.0/UDP {told}"), ("Via", "SIP/2.0/UDP other")]
