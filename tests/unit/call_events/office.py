"""A dialler, and campaigns, with a line to a carrier that a test has in hand."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from call_events.composition import placing_on
from call_events.placing import Placed
from callauth.exchange import Exchange
from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.calls.call import Call, CallStatus
from callcore.ids import AccountId, CallId, SessionId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.telephony.carrier_accounts import sealed
from callcore.telephony.ports import CarrierAccount, CarrierRefused, CarrierUncertain, DialOrder
from callcore.workers.worker import Worker
from callstore.sqlite.stores import SqliteStores
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
    dialled: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Between the two numbers."""
    reachable: bool = True
    hung_up: list[str] = field(default_factory=list)

    def place(self, account: CarrierAccount, order: DialOrder) -> str:
        sid = self.place_()
        self.dialled.append(order.to_phone)
        return sid

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
        exchange = Exchange(seal, URLS, lambda: SECRET, clock)
        placing = placing_on(stores, exchange, SealedReports(stores.outbox, lambda: (SECRET,)))
        self.placing = replace(placing, dialler=replace(placing.dialler, controls={Carrier.TWILIO: self.line}))

    def dial(self) -> int:
        """Without campaigns."""
        return self.placing.dialler.run(self.stores.calls.list_live_calls())

    def round(self, free_slots: int = 100) -> Placed:
        """One, while a worker has so much room."""
        self.stores.workers.beat(Worker("w", self.clock.unix_s(), free_slots))
        return self.placing.run()

    def order(self, name: str = "s1", status: CallStatus = S.QUEUED, **voip: Any) -> Call:
        known = {"from": OURS, "to": THEIRS, "direction": "outbound", **voip}
        call = Call(SessionId(name), CallId(name), ACCOUNT, status, self.clock.unix_s(), voip=known)
        self.stores.calls.begin_call(call)
        return call

    def call(self, name: str = "s1") -> Call:
        return self.stores.calls.get_call(ACCOUNT, SessionId(name))


@contextmanager
def open_office(directory: Path) -> Iterator[Office]:
    clock = ManualClock()
    with SqliteStores(directory / "db", clock) as stores:
        yield Office(stores, clock)
