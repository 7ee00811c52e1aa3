"""The keys of blobs: every one begins with its kind and its account."""

import re

from callcore.errors import InvalidInput
from callcore.ids import AccountId, SessionId

MAX_KEY_CHARS = 512
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")


def check_key(key: str) -> None:
    """Segments of ASCII letters, digits, `-`, `_` and inner dots, with slashes between. Raises InvalidInput."""
    if len(key) > MAX_KEY_CHARS or not _KEY.fullmatch(key):
        raise InvalidInput("a blob's key has a form that no store takes")


def recording_key(account_id: AccountId, session_id: SessionId, channels: str) -> str:
    """Where the recording of a call lies; `channels` says which of its forms."""
    return f"recordings/{account_id}/{session_id}.{channels}.wav"
