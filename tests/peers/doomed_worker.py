"""A worker that is killed in mid-call: `python -m tests.peers.doomed_worker --database … --webhook … --minutes 50`.

It holds one session in virtual time, with the real stores; the user says something every minute.
"""

import argparse
import asyncio
import os
import signal
from pathlib import Path

from callcore.ids import AccountId, AgentId, SessionId
from callcore.opening.plan import OpeningRequest, begin_opening, finish_opening
from callcore.workers.worker import Worker
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.leg import TypedText
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.driver import Session
from media_worker.session.journal import Journal, Stores
from media_worker.session.pacer import Pacer
from media_worker.transports.loopback import LoopbackLeg
from tests.virtual_time import VirtualClock, run_virtual

ACCOUNT, SESSION, WORKER = AccountId("acc_ann"), SessionId("s-doomed"), "doomed"
NOTICE_S = 5.0
"""So long after the last words the worker dies: they are to be stored by then (architecture.md 1)."""


async def hold(stores: SqliteStores, webhook: str, minutes: int) -> None:
    """The call, up to its end."""
    clock, leg = VirtualClock(), LoopbackLeg()
    config = {
        "prompt": "Be kind.",
        "first_message": "Hello.",
        "llm": {"provider": "scripted", "replies": ["Noted."]},
        "session_timeout": {"max_duration": 3600 * 2, "max_idle": 3600},
        "session_data_webhook": webhook,
    }
    request = OpeningRequest(SESSION, ACCOUNT, 3600 * 2, AgentId("-Agent"), config)
    plan = finish_opening(begin_opening(request), None)
    providers = Providers(stt.create(), llm.create(), tts.create(), vad.create())
    written = Stores(stores.calls, stores.checkpoints, stores.queue("events"), FilesBlobStore(Path("never-written")))
    pacer, journal = Pacer(clock), Journal(written, plan, WORKER, clock)
    session = Session(plan, leg, providers, journal, clock, pacer)
    await journal.begin()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.run())
        for minute in range(1, minutes + 1):
            await clock.sleep_until(60.0 * minute)
            # While nobody talks nothing is played: no frame is worth its time.
            pacing = tasks.create_task(pacer.run())
            stores.workers.beat(Worker(WORKER, clock.unix_s()))
            leg.give(TypedText(f"this is minute {minute}"))
            await asyncio.sleep(NOTICE_S)
            pacing.cancel()
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Live until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--webhook", required=True)
    parser.add_argument("--minutes", type=int, required=True)
    given = parser.parse_args()
    with SqliteStores(given.database, VirtualClock()) as stores:
        run_virtual(hold(stores, given.webhook, given.minutes))


if __name__ == "__main__":
    main()
