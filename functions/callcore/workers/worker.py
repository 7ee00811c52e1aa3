"""Media workers as the others see them: who lives, who has room, and for whom room is kept (architecture.md 3.5)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callcore.ids import SessionId

HEARTBEAT_S = 10.0
"""A worker beats so often."""
RESERVABLE_S = 25.0
"""A worker that has been silent for longer gets no call any more."""
STALE_S = 45.0
"""A worker that has been silent for longer is dead, and so are its calls."""
RESERVATION_S = 30.0
"""Room is kept for so long; after that the session has begun, and a heartbeat counts it, or it never will."""


@dataclass(frozen=True)
class Worker:
    """A worker as its last heartbeat describes it."""

    worker_id: str
    beat_at: float
    """Unix seconds."""
    free_slots: int = 0
    """How many more sessions it takes; none while it drains."""
    url: str | None = None
    """Where its internal endpoint answers; None = it has none, or has none any more: it was stopped in order."""
    sip_host: str | None = None
    """Where its SIP endpoint answers, with its port, as the internet knows it; None = it takes no SIP calls."""
    reserved: Mapping[SessionId, float] = field(default_factory=dict)
    """For which sessions room is kept, and until when (unix seconds)."""


def place_of(worker_id: str) -> str:
    """The worker as strangers may see it: its id names a machine."""
    return hashlib.sha256(worker_id.encode()).hexdigest()[:16]


def is_stale(last_beat: float | None, now: float) -> bool:
    """Whether whoever beat last at that time is dead."""
    return last_beat is None or now - last_beat > STALE_S


def room(worker: Worker, now: float) -> int:
    """How many sessions may still be given to the worker."""
    if now - worker.beat_at > RESERVABLE_S:
        return 0
    return worker.free_slots - sum(until > now for until in worker.reserved.values())


def roomiest(workers: Sequence[Worker], now: float) -> Sequence[Worker]:
    """The workers that have room, those with most of it first."""
    return sorted(
        (worker for worker in workers if room(worker, now) > 0),
        key=lambda worker: (-room(worker, now), worker.worker_id),
    )
