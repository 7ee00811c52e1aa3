"""One trace for each session: whatever is asked of others on its behalf carries the trace's id (W3C Trace Context).

The id is made of the session's, so nobody has to be told it; and not the session's itself, because who knows that one
may go on with the session.
"""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from hashlib import sha256

from callcore.ids import SessionId

HEADER = "traceparent"
_ID_CHARS = 32
_session: ContextVar[SessionId | None] = ContextVar("session", default=None)


def work_for(session_id: SessionId) -> None:
    """From now on this task, and every task that it starts, works for the session."""
    _session.set(session_id)


def session_worked_for() -> SessionId | None:
    """For whom this task works; None = for nobody in particular."""
    return _session.get()


def trace_id(session_id: SessionId) -> str:
    """The trace of a session: 16 bytes in hexadecimal."""
    return sha256(session_id.encode()).hexdigest()[:_ID_CHARS]


def trace_headers() -> Mapping[str, str]:
    """What a request carries that this task makes; nothing when it works for no session."""
    session_id = _session.get()
    return {} if session_id is None else {HEADER: f"00-{trace_id(session_id)}-{secrets.token_hex(8)}-01"}
