"""Connects numbers: their carrier is told to ask us, and what acts for them is kept sealed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from callcore.ids import AccountId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.telephony.carrier_accounts import Seal, opened, sealed
from callcore.telephony.ports import CarrierAccount, CarrierRefused, NumberControl, NumberUrls
from callcore.telephony.upgrade_check import sealed as sealed_for_workers
from carriers.upgrade_checks import check_of


class Addresses(Protocol):
    """What carriers are given."""

    def of_number(self, carrier: Carrier, account_id: AccountId, number: PhoneNumber) -> NumberUrls:
        """For the calls of a number."""
        ...

    def streams(self, carrier: Carrier) -> tuple[str, ...]:
        """Every address at which the carrier may open a media socket."""
        ...


@dataclass(frozen=True)
class CarrierLines:
    """Lines (callcore.desks.numbers)."""

    controls: Mapping[Carrier, NumberControl]
    addresses: Addresses
    seal: Seal
    worker_seal: Seal
    """Of what workers may open."""

    def connect(self, number: Phone, at_carrier: CarrierAccount) -> tuple[Phone, CarrierAccount]:
        """The number, once its carrier asks us; and the account with what the carrier made for it.

        Raises CarrierRefused, CarrierUncertain and StoreError.
        """
        urls = self.addresses.of_number(number.carrier, number.account_id, number.number)
        claimed = self.controls[number.carrier].claim(at_carrier, number.number, urls)
        check = check_of(claimed.account, self.addresses.streams(number.carrier))
        connected = replace(
            number,
            sealed_account=sealed(claimed.account, self.seal),
            sealed_check=sealed_for_workers(check, self.worker_seal),
            previous=claimed.previous,
        )
        return connected, claimed.account

    def release(self, number: Phone) -> None:
        """Have its carrier do with its calls what it did before. Raises CarrierUncertain and StoreError.

        A carrier that refuses, because the number or the credentials are gone there, has nothing to release.
        """
        if number.is_connected:
            with suppress(CarrierRefused):
                account = opened(number, self.seal)
                self.controls[number.carrier].release(account, number.number, number.previous or {})
