"""What the dialler makes of carriers that do not answer, answer late, or have been faster."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from callcore.accounts.account import Account
from callcore.calls.call import CallStatus
from callcore.phones.phone import Phone, PhoneNumber
from callcore.telephony.outbound import is_cancellable
from tests.unit.call_events.office import ACCOUNT, OURS, Office, open_office

S = CallStatus


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def test_a_call_that_ended_before_its_carrier_answered_does_not_hold_up_the_others(office: Office) -> None:
    def busy_at_once() -> str:
        office.stores.calls.finish_call(replace(office.call(), status=S.BUSY))
        return "CA1"

    office.order()
    office.line.place_ = busy_at_once
    office.dial()
    assert office.line.hung_up == ["CA1"]
    assert office.call().status is S.BUSY


def test_an_error_of_ours_over_one_call_does_not_hold_up_the_others_and_ends_with_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        office.line.place_ = lambda: "CA2"
        raise RuntimeError("a fault of ours")

    for place, name in enumerate(("s1", "s2")):
        number = PhoneNumber(f"+1555000{place:04}")
        office.stores.phones.change_phone(ACCOUNT, number, partial(_connected, replace(office.phone, number=number)))
        office.order(name, S.QUEUED, **{"from": number})
    office.line.place_ = broken
    assert office.dial() == 1
    assert (office.call("s1").status, office.call("s2").status) == (S.DISPATCHING, S.PROVIDER_QUEUED)

    def never(*_: object) -> str | None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(office.line, "find", never)
    office.clock.advance(101)
    office.dial()
    assert office.call("s1").status is S.FAILED


@pytest.mark.parametrize("status", [S.DISPATCHING, S.PROVIDER_QUEUED, S.RINGING])
def test_a_call_that_is_stuck_ends_though_its_carrier_cannot_be_reached(office: Office, status: CallStatus) -> None:
    office.line.reachable = False
    known = {} if status is S.DISPATCHING else {"call_sid": "CA1"}
    office.order(status=status, dispatched_at=office.clock.unix_s(), **known)
    office.clock.advance(101)
    office.dial()
    assert office.call().status is (S.NO_ANSWER if status is S.RINGING else S.FAILED)


def test_a_call_that_is_stuck_ends_though_its_number_is_gone(office: Office) -> None:
    office.order(status=S.RINGING, dispatched_at=office.clock.unix_s(), call_sid="CA1")
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda standing: None)
    office.clock.advance(101)
    office.dial()
    assert office.call().status is S.NO_ANSWER


def test_a_request_that_made_no_call_does_not_take_the_call_of_another(office: Office) -> None:
    now = office.clock.unix_s()
    office.order("lost", S.DISPATCHING, dispatched_at=now)
    office.order("other", S.RINGING, dispatched_at=now + 1, call_sid="CA2")
    office.line.calls = ["CA2"]
    office.clock.advance(20)
    office.dial()
    assert "call_sid" not in (office.call("lost").voip or {})
    office.line.calls = ["CA1", "CA2"]
    office.dial()
    assert (office.call("lost").voip or {})["call_sid"] == "CA1"


def test_two_requests_without_an_answer_are_not_given_the_same_call(office: Office) -> None:
    for name in ("s1", "s2"):
        office.order(name, S.DISPATCHING, dispatched_at=office.clock.unix_s())
    office.line.calls = ["CA1"]
    office.clock.advance(20)
    office.dial()
    assert [office.call(name).status for name in ("s1", "s2")].count(S.PROVIDER_QUEUED) == 1


def test_an_order_that_waits_can_be_canceled(office: Office) -> None:
    assert is_cancellable(office.order())
    assert not is_cancellable(replace(office.order("s2"), voip={"direction": "inbound"}))
    assert not is_cancellable(replace(office.order("s3"), status=S.IN_PROGRESS))


def test_a_number_places_one_call_a_second_however_soon_they_end(office: Office) -> None:
    def busy_at_once() -> str:
        (placing,) = (call for call in office.stores.calls.list_live_calls() if call.status is S.DISPATCHING)
        office.stores.calls.finish_call(replace(placing, status=S.BUSY))
        return "CA1"

    office.line.place_ = busy_at_once
    for name in ("s1", "s2", "s3"):
        office.order(name)
    placed = []
    for _ in range(5):
        placed.append(office.dial())
        office.clock.advance(0.5)
    assert placed == [1, 0, 1, 0, 1]


def test_what_was_registered_and_has_not_begun_is_not_waited_for(office: Office) -> None:
    office.stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", max_concurrent_calls=1))
    office.order("registered", S.REGISTERED)
    office.order("s1")
    office.order("s2")
    placed = []
    for _ in range(2):
        placed.append(office.dial())
        office.clock.advance(1.1)
    assert placed == [1, 0]


def test_an_account_places_ten_calls_a_second_whatever_numbers_it_has(office: Office) -> None:
    for place in range(14):
        number = PhoneNumber(f"+1555000{place:04}")
        office.stores.phones.change_phone(ACCOUNT, number, partial(_connected, replace(office.phone, number=number)))
        office.order(f"s{place}", S.QUEUED, **{"from": number})
    office.stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", max_concurrent_calls=50))
    placed = []
    for _ in range(2):
        placed.append(office.dial())
        office.clock.advance(1.1)
    assert placed == [10, 4]


def _connected(phone: Phone, _: Phone | None) -> Phone:
    return phone
