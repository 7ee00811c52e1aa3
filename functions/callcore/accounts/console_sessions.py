"""Who is signed in to the console: a session per browser, named, limited in time and revocable (architecture.md 7).

A browser holds a random token in a cookie; only its hash is stored, as of a key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from callcore.ids import AccountId

IDLE_S = 8 * 3600.0
"""A session that is not used for so long is over."""
ABSOLUTE_S = 7 * 24 * 3600.0
"""So is one that is older, however much it is used."""
TOUCH_S = 60.0
"""How exactly is known when a session was used last: a page does not write to the store more often."""
MAX_NAME_CHARS = 60


@dataclass(frozen=True)
class ConsoleSession:
    """One browser that is signed in."""

    session_hash: str
    """Hex SHA-256 of the cookie's token."""
    account_id: AccountId
    name: str
    """For its owner to recognise it in the list."""
    created_at: float
    """Unix seconds."""
    seen_at: float
    """When it was used last, to within TOUCH_S."""
    key_hash: str | None = None
    """Of the private key that opened it and with which it ends; None: a one-time link did."""

    @property
    def session_id(self) -> str:
        """Names the session in a page; it opens nothing."""
        return self.session_hash[:16]


def is_over(session: ConsoleSession, now: float) -> bool:
    """Whether the session has expired."""
    return now >= min(session.seen_at + IDLE_S, session.created_at + ABSOLUTE_S)


class ConsoleSessions(Protocol):
    """Sessions as requests use them; every method works inside one account only."""

    def put_session(self, session: ConsoleSession) -> None:
        """Store a new session; what is older than ABSOLUTE_S may be forgotten by the way."""
        ...

    def find_session(self, account_id: AccountId, session_hash: str) -> ConsoleSession | None:
        """The session, expired or not; None when there is none, also for another account's."""
        ...

    def touch_session(self, account_id: AccountId, session_hash: str, seen_at: float) -> None:
        """Say when the session was used; one that is gone stays gone."""
        ...


class SignedIn(Protocol):
    """Sessions as their owner manages them."""

    def list_sessions(self, account_id: AccountId) -> Sequence[ConsoleSession]:
        """Every session of the account that is stored, expired ones too, newest first."""
        ...

    def end_session(self, account_id: AccountId, session_hash: str) -> None:
        """Forget the session; one that is gone is fine."""
        ...
