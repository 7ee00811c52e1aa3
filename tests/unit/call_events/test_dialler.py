"""What the dialler makes of carriers that do not answer, answer late, or have been faster."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from call_events.dialler import Dialler
from callauth.exchange import Exchange
from callauth.sealing import Sealer
from callcore.accounts import Account
from callcore.calls import Call, CallStatus
from callcore.carrier_accounts import sealed
from callcore.carrier_ports import CarrierAccount, CarrierRefused, CarrierUncertain, DialOrder
from callcore.ids import AccountId, CallId, SessionId
from callcore.outbound import is_cancellable
from callcore.phones import Carrier, Phone, PhoneNumber
from callstore.sqlite import SqliteStores
from tests.clocks import ManualClock
from tests.peers.telephony import URLS

ACCOUNT = AccountId("acc_1")
OURS, THEIRS = PhoneNumber("+15550001111"), PhoneNumber("+15550002222")
SECRET = "a secret of carriers, of thirty-two characters and more"
S = CallStatus


@dataclass
class Line:
    """A carrier, as a test has it."""

    place_: Callable[[], str] = lambda: "CA1"
    calls: list[str] = field(default_factory=list)
    """Between the two numbers."""
    reachable: bool = True
    hung_up: list[str] = field(default_factory=list)

    def place(self, account: CarrierAccount, order: DialOrder) -> str:
        return self.place_()

    def find(self, account: CarrierAccount, order: DialOrder, since: float, others: Collection[str]) -> str | None:
        self._reach()
        return next((sid for sid in self.calls if sid not in others), None)

    def hang_up(self, account: CarrierAccount, carrier_call_id: str, *, ringing: bool) -> None:
        self._reach()
        self.hung_up.append(carrier_call_id)
        raise CarrierRefused("it is over")

    def _reach(self) -> None:
        if not self.reachable:
            raise CarrierUncertain("no answer")


class Office:
    """A dialler with a line."""

    def __init__(self, stores: SqliteStores, clock: ManualClock) -> None:
        self.stores, self.clock, self.line = stores, clock, Line()
        seal = Sealer(lambda: (SECRET,))
        stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", max_concurrent_calls=10))
        credentials = sealed(CarrierAccount(Carrier.TWILIO, "AC1", "AC1", "token"), seal)
        phone = Phone(ACCOUNT, OURS, 0.0, Carrier.TWILIO, sealed_account=credentials)
        self.phone = phone
        stores.phones.change_phone(ACCOUNT, OURS, lambda standing: phone)
        self.dialler = Dialler(
            accounts=stores.accounts,
            phones=stores.phones,
            calls=stores.calls,
            changes=stores.call_changes,
            deliveries=stores.deliveries,
            controls={Carrier.TWILIO: self.line},
            exchange=Exchange(seal, URLS, lambda: SECRET, clock),
        )

    def order(self, name: str = "s1", status: CallStatus = S.QUEUED, **voip: Any) -> Call:
        known = {"from": OURS, "to": THEIRS, "direction": "outbound", **voip}
        call = Call(SessionId(name), CallId(name), ACCOUNT, status, self.clock.unix_s(), voip=known)
        self.stores.calls.begin_call(call)
        return call

    def call(self, name: str = "s1") -> Call:
        return self.stores.calls.get_call(ACCOUNT, SessionId(name))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = ManualClock()
    with SqliteStores(tmp_path / "db", clock) as stores:
        yield Office(stores, clock)


def test_a_call_that_ended_before_its_carrier_answered_does_not_hold_up_the_others(office: Office) -> None:
    def busy_at_once() -> str:
        office.stores.calls.finish_call(replace(office.call(), status=S.BUSY))
        return "CA1"

    office.order()
    office.line.place_ = busy_at_once
    office.dialler.run()
    assert office.line.hung_up == ["CA1"]
    assert office.call().status is S.BUSY


@pytest.mark.parametrize("status", [S.DISPATCHING, S.PROVIDER_QUEUED, S.RINGING])
def test_a_call_that_is_stuck_ends_though_its_carrier_cannot_be_reached(office: Office, status: CallStatus) -> None:
    office.line.reachable = False
    known = {} if status is S.DISPATCHING else {"call_sid": "CA1"}
    office.order(status=status, dispatched_at=office.clock.unix_s(), **known)
    office.clock.advance(101)
    office.dialler.run()
    assert office.call().status is (S.NO_ANSWER if status is S.RINGING else S.FAILED)


def test_a_call_that_is_stuck_ends_though_its_number_is_gone(office: Office) -> None:
    office.order(status=S.RINGING, dispatched_at=office.clock.unix_s(), call_sid="CA1")
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda standing: None)
    office.clock.advance(101)
    office.dialler.run()
    assert office.call().status is S.NO_ANSWER


def test_a_request_that_made_no_call_does_not_take_the_call_of_another(office: Office) -> None:
    now = office.clock.unix_s()
    office.order("lost", S.DISPATCHING, dispatched_at=now)
    office.order("other", S.RINGING, dispatched_at=now + 1, call_sid="CA2")
    office.line.calls = ["CA2"]
    office.clock.advance(20)
    office.dialler.run()
    assert "call_sid" not in (office.call("lost").voip or {})
    office.line.calls = ["CA1", "CA2"]
    office.dialler.run()
    assert (office.call("lost").voip or {})["call_sid"] == "CA1"


def test_two_requests_without_an_answer_are_not_given_the_same_call(office: Office) -> None:
    for name in ("s1", "s2"):
        office.order(name, S.DISPATCHING, dispatched_at=office.clock.unix_s())
    office.line.calls = ["CA1"]
    office.clock.advance(20)
    office.dialler.run()
    assert [office.call(name).status for name in ("s1", "s2")].count(S.PROVIDER_QUEUED) == 1


def test_an_order_that_waits_can_be_canceled(office: Office) -> None:
    assert is_cancellable(office.order())
    assert not is_cancellable(replace(office.order("s2"), voip={"direction": "inbound"}))
    assert not is_cancellable(replace(office.order("s3"), status=S.IN_PROGRESS))


def test_an_account_places_ten_calls_a_second_whatever_numbers_it_has(office: Office) -> None:
    for place in range(14):
        number = PhoneNumber(f"+1555000{place:04}")
        office.stores.phones.change_phone(ACCOUNT, number, partial(_connected, replace(office.phone, number=number)))
        office.order(f"s{place}", S.QUEUED, **{"from": number})
    office.stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", max_concurrent_calls=50))
    placed = []
    for _ in range(2):
        placed.append(office.dialler.run())
        office.clock.advance(1.1)
    assert placed == [10, 4]


def _connected(phone: Phone, _: Phone | None) -> Phone:
    return phone
