"""Identifiers: their types, their look and how new ones are made.

Agent ids look as on the wire of the platform we speak for: 20 characters that begin with `-`
(protocol.md 0), so a leading `-` is normal wherever an id stands.
"""

import secrets
import string
import uuid
from typing import NewType

AccountId = NewType("AccountId", str)
AgentId = NewType("AgentId", str)
CallId = NewType("CallId", str)
SessionId = NewType("SessionId", str)
CampaignId = NewType("CampaignId", str)
FileId = NewType("FileId", str)

_PUSH_ALPHABET = "-" + string.digits + string.ascii_uppercase + "_" + string.ascii_lowercase
_PUSH_TIME_CHARS = 8
_PUSH_RANDOM_CHARS = 12


def new_account_id() -> AccountId:
    """A new account id."""
    return AccountId("acc_" + secrets.token_hex(8))


def new_agent_id(unix_s: float) -> AgentId:
    """A new agent id, which sorts by creation."""
    return AgentId(_push_id(unix_s))


def new_campaign_id(unix_s: float) -> CampaignId:
    """A new campaign id, of the same look."""
    return CampaignId(_push_id(unix_s))


def _push_id(unix_s: float) -> str:
    """8 characters of time, then 12 random ones."""
    milliseconds = int(unix_s * 1000)
    time_chars = []
    for _ in range(_PUSH_TIME_CHARS):
        milliseconds, digit = divmod(milliseconds, len(_PUSH_ALPHABET))
        time_chars.append(_PUSH_ALPHABET[digit])
    random_chars = [secrets.choice(_PUSH_ALPHABET) for _ in range(_PUSH_RANDOM_CHARS)]
    return "".join(reversed(time_chars)) + "".join(random_chars)


def new_session_id() -> SessionId:
    """A new session id; a web call uses it as its call id too."""
    return SessionId(str(uuid.uuid4()))


def new_call_id() -> CallId:
    """A new call id of a call that is registered before it begins; nobody can guess it."""
    return CallId(str(uuid.uuid4()))


def new_file_id() -> FileId:
    """A new id of a knowledge file; nobody can guess it, and it holds no `_` (protocol.md 7.8)."""
    return FileId(secrets.token_hex(16))
