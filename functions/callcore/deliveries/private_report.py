"""What the end of a call brings to its owner and nobody keeps: of an agent that opts out of data collection.

It waits for its delivery in an encrypted outbox and nowhere else (architecture.md 5). Pure.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from callcore.calls.call import Call
from callcore.ids import AccountId, SessionId
from callcore.jsontext import to_json
from callcore.tools.function_calls import function_calls_of

KEPT_S = 24 * 3600
"""Longer than the schedule of deliveries."""


@dataclass(frozen=True)
class PrivateReport:
    """What the row of such a call lacks."""

    chat: Sequence[Mapping[str, Any]]
    metadata: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """Short: a row of the outbox has a size. Raises InvalidInput for what is no JSON."""
        return zlib.compress(to_json({"chat": list(self.chat), "metadata": dict(self.metadata)}).encode())


def parse_report(data: bytes) -> PrivateReport:
    """What `to_bytes` wrote."""
    return PrivateReport(**json.loads(zlib.decompress(data)))


def with_report(call: Call, report: PrivateReport) -> Call:
    """The call as its owner is told of it; it is never stored."""
    chat = report.chat
    return replace(call, chat=chat, metadata=report.metadata, function_calls=function_calls_of(chat))


@dataclass(frozen=True)
class SealedReport:
    """A report that only our own processes can open."""

    account_id: AccountId
    session_id: SessionId
    sealed: bytes
    expires_at: float
    """Unix seconds."""
