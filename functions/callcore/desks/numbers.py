"""The telephone numbers of an account as its owner manages them, over REST or in the console."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from callcore.agents.ports import AgentStore
from callcore.errors import InvalidInput, NotFound
from callcore.ids import AccountId, AgentId
from callcore.phones.phone import Phone, PhoneNumber
from callcore.phones.ports import PhoneStore
from callcore.telephony.ports import CarrierAccount

MAX_TAGS = 50
MAX_TAG_CHARS = 64


class Lines(Protocol):
    """What carriers do with the calls of a number."""

    def connect(self, number: Phone, at_carrier: CarrierAccount) -> tuple[Phone, CarrierAccount]:
        """The number, once its carrier asks us; and the account with what the carrier made for it.

        Raises CarrierRefused, CarrierUncertain and StoreError.
        """
        ...

    def release(self, number: Phone) -> None:
        """Have its carrier do with its calls what it did before. Raises CarrierUncertain and StoreError."""
        ...


@dataclass(frozen=True)
class NumberDesk:
    """Synchronous, as its ports are."""

    phones: PhoneStore
    agents: AgentStore
    lines: Lines
    check_region: Callable[[str | None], None]
    """Raises InvalidInput."""

    def import_numbers(self, numbers: Sequence[Phone], at_carrier: CarrierAccount | None) -> list[Phone]:
        """Store numbers, and connect them where their account at the carrier came along.

        One that is there keeps its agent and tags. Those before one that the carrier refuses stay connected.
        Raises InvalidInput, CarrierRefused, CarrierUncertain and StoreError.
        """
        imported = []
        for number in numbers:
            self.check_region(number.region)
        for number in numbers:
            new = number
            if at_carrier is not None:
                new, at_carrier = self.lines.connect(number, at_carrier)
            imported.append(self._stored(new))
        return imported

    def set_agent(self, account_id: AccountId, number: PhoneNumber, agent_id: AgentId | None) -> Phone:
        """Let an agent of the account answer the number, or nobody. Raises NotFound."""
        if agent_id is not None:
            self.agents.get_agent(account_id, agent_id)
        return self.change(account_id, number, lambda stored: replace(stored, agent_id=agent_id))

    def set_tags(self, account_id: AccountId, number: PhoneNumber, tags: Sequence[str]) -> Phone:
        """Replace the tags; one that is there twice counts once. Raises NotFound and InvalidInput."""
        check_tags(tags)
        return self.change(account_id, number, lambda stored: replace(stored, tags=tuple(dict.fromkeys(tags))))

    def change(self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone], Phone]) -> Phone:
        """Store what the pure `change` makes of it. Raises NotFound."""

        def changed(stored: Phone | None) -> Phone:
            if stored is None:
                raise NotFound("phone", number)
            return change(stored)

        return self._kept(account_id, number, changed)

    def forget(self, account_id: AccountId, number: PhoneNumber) -> None:
        """Release it at its carrier, and forget it. Raises NotFound, CarrierUncertain and StoreError."""
        self.lines.release(self.phones.get_phone(account_id, number))

        def deleted(stored: Phone | None) -> None:
            if stored is None:
                raise NotFound("phone", number)

        self.phones.change_phone(account_id, number, deleted)

    def _stored(self, new: Phone) -> Phone:
        def imported(stored: Phone | None) -> Phone:
            if stored is None:
                return new
            kept = stored
            if new.is_connected:
                kept = replace(stored, sealed_account=new.sealed_account, sealed_check=new.sealed_check)
            first = new.previous if stored.previous is None else stored.previous
            return replace(kept, carrier=new.carrier, country=new.country, region=new.region, previous=first)

        return self._kept(new.account_id, new.number, imported)

    def _kept(self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone | None], Phone]) -> Phone:
        result = self.phones.change_phone(account_id, number, change)
        assert result is not None  # none of these changes deletes
        return result


def check_tags(tags: Sequence[str]) -> None:
    """Raises InvalidInput."""
    if len(tags) > MAX_TAGS or any(not 0 < len(tag) <= MAX_TAG_CHARS for tag in tags):
        raise InvalidInput(f"tags: at most {MAX_TAGS}, of 1 to {MAX_TAG_CHARS} characters each")
