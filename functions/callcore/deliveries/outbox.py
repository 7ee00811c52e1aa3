"""What the kernel asks of the outbox of private reports; the rules of callcore.ports apply."""

from typing import Protocol

from callcore.deliveries.private_report import PrivateReport, SealedReport
from callcore.ids import AccountId, SessionId


class Outbox(Protocol):
    """Sealed reports; on AWS in a table of its own, of which no backup is made."""

    def put_report(self, report: SealedReport) -> None:
        """Create or replace. Raises InvalidInput when it is too large."""
        ...

    def find_report(self, account_id: AccountId, session_id: SessionId, now: float) -> bytes | None:
        """What was sealed; None when there is none, when it expired before `now`, or of another account's call."""
        ...

    def delete_report(self, account_id: AccountId, session_id: SessionId) -> None:
        """One that is not there is fine."""
        ...

    def delete_expired(self, now: float) -> int:
        """Delete what has expired, of all accounts; how many."""
        ...


class PrivateReports(Protocol):
    """The outbox, for whoever may open it."""

    def keep(self, account_id: AccountId, session_id: SessionId, report: PrivateReport, now: float) -> None:
        """Seal it for a day (KEPT_S)."""
        ...

    def read(self, account_id: AccountId, session_id: SessionId, now: float) -> PrivateReport | None:
        """The report; None when it is not there any more, or never was."""
        ...

    def drop(self, account_id: AccountId, session_id: SessionId) -> None:
        """It is delivered, or never will be."""
        ...
