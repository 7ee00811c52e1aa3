"""What calls by telephone need: a carrier, and the rows of calls that ring. A carrier's methods have a deadline."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from callcore.calls.call import Call
from callcore.errors import CallError
from callcore.ids import AccountId, SessionId
from callcore.phones.phone import Carrier, PhoneNumber


@dataclass(frozen=True)
class CarrierAccount:
    """A customer's account at a carrier: what is needed to act for it."""

    carrier: Carrier
    account: str
    """Twilio's account sid; of Vonage the application that is ours, once there is one."""
    api_key: str
    api_secret: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    """What its requests to us are signed with; empty: they are not, as far as we can tell."""
    private_key: str = field(default="", repr=False)
    """PEM; of a Vonage application."""


@dataclass(frozen=True)
class MachineWatch:
    """The carrier shall listen for a machine, too, without keeping anybody waiting."""

    told_url: str
    """Is told what it hears."""
    until_beep: bool
    """Tell of the greeting's end; else of the machine as soon as it is one."""


@dataclass(frozen=True)
class DialOrder:
    """A call that the carrier shall place."""

    from_phone: PhoneNumber
    to_phone: PhoneNumber
    stream_url: str
    """Our media socket, for the moment somebody answers."""
    stream_parameters: Mapping[str, str]
    """Secret: they open the session."""
    status_url: str
    """Is told how the call goes on."""
    next_url: str
    """Is asked what comes after our media socket."""
    max_duration_s: int
    """The carrier ends it then, whatever we do."""
    machines: MachineWatch | None = None


class CarrierRefused(CallError):
    """The carrier does not place the call, and will not if it is asked again."""


class CallerRefused(CarrierRefused):
    """The carrier places no call from this number for this account, whoever is called."""


class CarrierBusy(CallError):
    """The carrier takes no more calls at the moment: it did not place this one."""


class CarrierUncertain(CallError):
    """Nobody knows whether the carrier took the request; asking it again might dial twice."""


class CarrierControl(Protocol):
    """Calls of one carrier."""

    def place(self, account: CarrierAccount, order: DialOrder) -> str:
        """What the carrier calls the call. Raises CarrierRefused, CarrierBusy, CarrierUncertain."""
        ...

    def find(self, account: CarrierAccount, order: DialOrder, since: float, others: Collection[str]) -> str | None:
        """The call that an uncertain `place` made after `since` (unix seconds); None: it made none.

        `others` are calls that other requests made. Raises CarrierUncertain, CarrierRefused.
        """
        ...

    def hang_up(self, account: CarrierAccount, carrier_call_id: str, *, ringing: bool) -> None:
        """End a call; one that is over already is fine. Raises CarrierUncertain, CarrierRefused."""
        ...


class NumberControl(Protocol):
    """Numbers of one carrier."""

    def claim(self, account: CarrierAccount, number: PhoneNumber, urls: "NumberUrls") -> "ClaimedNumber":
        """Have the carrier ask us when the number is called. Raises CarrierRefused, CarrierUncertain."""
        ...

    def release(self, account: CarrierAccount, number: PhoneNumber, previous: Mapping[str, str]) -> None:
        """Set the number to what it was before it was claimed. Raises CarrierRefused, CarrierUncertain."""
        ...


@dataclass(frozen=True)
class NumberUrls:
    """Where a carrier asks what to do with a call, and tells how it goes on."""

    answer_url: str
    status_url: str


@dataclass(frozen=True)
class ClaimedNumber:
    """A number that is ours to answer."""

    account: CarrierAccount
    """With what the carrier gave us for it."""
    previous: Mapping[str, str]
    """What the number was set to, for `release`."""


class CallChanges(Protocol):
    """What becomes of a call beside its talk."""

    def change_call(
        self, account_id: AccountId, session_id: SessionId, change: Callable[[Call], Call | None]
    ) -> Call | None:
        """Store what `change` makes of a live call; None: it stays as it is, and None is returned.

        `change` sees the call as it stands and may be asked several times. Raises NotFound, also for another
        account's call and for one that has ended, and InvalidTransition for a status that does not follow.
        """
        ...

    def add_to_voip(self, account_id: AccountId, session_id: SessionId, facts: Mapping[str, Any]) -> None:
        """Add what its carrier tells of a call, live or over. Raises NotFound, also for another account's call."""
        ...
