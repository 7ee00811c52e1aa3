"""What a worker does before it listens."""

import asyncio
import gc
from typing import cast

from media_worker.server.app import AsgiApp
from media_worker.server.listener import listen
from media_worker.session.supervisor import Supervisor


def test_garbage_is_not_looked_for_in_what_was_loaded_before() -> None:
    async def scenario() -> int:
        listening = asyncio.ensure_future(listen(cast(AsgiApp, None), "127.0.0.1", 0, cast(Supervisor, None), 0.0))
        await asyncio.sleep(0)
        listening.cancel()
        return len(gc.get_objects())

    gc.collect()
    loaded = len(gc.get_objects())
    try:
        assert asyncio.run(scenario()) < loaded / 20
    finally:
        gc.unfreeze()
