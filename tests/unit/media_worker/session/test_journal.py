"""What a session leaves behind, over stores that take their time."""

import asyncio
import threading
from pathlib import Path

from callcore.calls.call import CallStatus, Checkpoint
from callstore.files import FilesBlobStore
from media_worker.session.clock import LoopClock
from media_worker.session.journal import Journal, SessionEnd, Stores
from tests.unit.media_worker.session.rig import Memory, plan

PATIENCE_S = 10.0
HURRY_S = 0.1
"""Time enough to write the end, for whoever does not wait for the write before."""
END = SessionEnd(
    CallStatus.USER_ENDED, duration_s=1, chars_used=2, chat=[{"role": "user", "content": "Bye."}], close_code=1000
)


class Slow(Memory):
    """Its first write takes as long as it is made to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing, self.goes_on = threading.Event(), threading.Event()

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        if not self.is_writing.is_set():
            self.is_writing.set()
            self.goes_on.wait(PATIENCE_S)
        super().save_checkpoint(checkpoint)


def test_a_checkpoint_that_is_slow_to_be_written_does_not_take_the_place_of_the_last_one() -> None:
    memory = Slow()

    async def scenario() -> None:
        stores = Stores(memory, memory, memory, FilesBlobStore(Path("never-written")))
        journal = Journal(stores, plan(), "worker-1", LoopClock())
        running = asyncio.create_task(journal.run())
        journal.note((), 1, {})
        await asyncio.to_thread(memory.is_writing.wait, PATIENCE_S)
        running.cancel()
        ending = asyncio.create_task(journal.end(END))
        await asyncio.wait([ending], timeout=HURRY_S)
        memory.goes_on.set()
        await ending

    asyncio.run(scenario())
    assert list(memory.checkpoints[-1].chat) == END.chat
    assert [event.status for event in memory.events] == [CallStatus.USER_ENDED]
