"""What the kernel asks of the register of workers; the rules of callcore.ports apply."""

from collections.abc import Sequence
from typing import Protocol

from callcore.ids import SessionId
from callcore.workers.worker import Worker


class WorkerRegistry(Protocol):
    """The media workers that live, and for which sessions they keep room."""

    def beat(self, worker: Worker) -> None:
        """Say that the worker lives, where it answers and how many more sessions it takes; what is reserved stays."""
        ...

    def find_worker(self, worker_id: str) -> Worker | None:
        """The worker as it last said; None when it never did, or has been silent for long (a day at least)."""
        ...

    def list_workers(self) -> Sequence[Worker]:
        """Every worker that has beaten within a day, by its id."""
        ...

    def reserve(self, session_id: SessionId, worker_id: str, now: float) -> bool:
        """Keep room for the session at the worker for RESERVATION_S; False when it has none at `now` (unix seconds).

        Raises Conflict when room is kept for the session already, wherever.
        """
        ...
