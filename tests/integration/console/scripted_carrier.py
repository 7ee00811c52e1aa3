"""A carrier that does what a test says: it takes every number, or refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from callauth.sealing import Sealer
from callcore.desks.numbers import NumberDesk
from callcore.errors import CallError
from callcore.phones.phone import Carrier, PhoneNumber
from callcore.telephony.ports import CarrierAccount, ClaimedNumber, NumberUrls
from callstore.sqlite.stores import SqliteStores
from carriers.number_lines import CarrierLines
from tests.peers.telephony import SECRET, URLS

BEFORE = {"voiceUrl": "https://old.example.com"}


@dataclass
class ScriptedCarrier:
    """NumberControl."""

    failure: CallError | None = None
    claimed: dict[PhoneNumber, tuple[CarrierAccount, NumberUrls]] = field(default_factory=dict)
    released: dict[PhoneNumber, Mapping[str, str]] = field(default_factory=dict)

    def claim(self, account: CarrierAccount, number: PhoneNumber, urls: NumberUrls) -> ClaimedNumber:
        if self.failure is not None:
            raise self.failure
        self.claimed[number] = (account, urls)
        return ClaimedNumber(replace(account, account=account.account or "application"), BEFORE)

    def release(self, account: CarrierAccount, number: PhoneNumber, previous: Mapping[str, str]) -> None:
        if self.failure is not None:
            raise self.failure
        self.released[number] = previous


def desk_at(stores: SqliteStores, carrier: ScriptedCarrier) -> NumberDesk:
    """Numbers at this carrier, whatever it is called."""
    seal = Sealer(lambda: (SECRET,))
    lines = CarrierLines(dict.fromkeys(Carrier, carrier), URLS, seal, seal)
    return NumberDesk(stores.phones, stores.agents, lines, URLS.media.check)
