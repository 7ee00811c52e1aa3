"""A whole session over loopback and scripted providers, for tests to hold."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.errors import NotFound, StoreError
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.opening.plan import OpeningRequest, SessionPlan, begin_opening, finish_opening
from callcore.ports import Delivery
from callcore.wire import client as wire
from callcore.wire.events import CallEnded
from callstore.files import FilesBlobStore
from media_worker.ports.leg import TypedText
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.driver import Session
from media_worker.session.journal import Journal, SessionEnd, Stores
from media_worker.session.pacer import Pacer
from media_worker.transports.loopback import LoopbackLeg
from tests.virtual_time import VirtualClock, run_virtual

FRAME_S = 0.02
SILENCE = bytes(640)
VOICE = tts.tone(0, 20)


def session_call(account_id: AccountId, session_id: SessionId) -> Call:
    return Call(session_id, CallId(session_id), account_id, CallStatus.IN_PROGRESS, 0.0)


class Memory:
    """The stores of one session, in lists."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.checkpoints: list[Checkpoint] = []
        self.events: list[CallEnded] = []
        self.changed: list[Call] = []
        self.failures = 0

    def change_call(
        self, account_id: AccountId, session_id: SessionId, change: Callable[[Call], Call | None]
    ) -> Call | None:
        changed = change(session_call(account_id, session_id))
        if changed is not None:
            self.changed.append(changed)
        return changed

    def add_to_voip(self, account_id: AccountId, session_id: SessionId, facts: Mapping[str, Any]) -> None:
        raise NotFound("call", session_id)

    def begin_call(self, call: Call) -> None:
        self.calls.append(call)

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        return self.calls[-1]

    def finish_call(self, call: Call) -> bool:
        return True

    def list_live_calls(self) -> list[Call]:
        return self.calls

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(checkpoint)

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        return self.checkpoints[-1]

    def beat(self, worker_id: str, unix_s: float) -> None: ...

    def last_beat(self, worker_id: str) -> float | None:
        return None

    def send(self, body: str) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("disk full", retryable=True)
        self.events.append(CallEnded.model_validate_json(body))

    def receive(self, limit: int, visibility_s: float) -> list[Delivery]:
        return []

    def delete(self, receipt: str) -> None: ...


def plan(*, shows_forms: bool = False, **config: Any) -> SessionPlan:
    raw = {"first_message": "Hi there, how are you today?", "prompt": "Be kind.", **config}
    request = OpeningRequest(
        session_id=SessionId("s1"),
        account_id=AccountId("acc_1"),
        max_call_duration_s=600,
        agent_id=AgentId("-a"),
        stored_config=raw,
        metadata={"userName": "Ann"},
        shows_forms=shows_forms,
    )
    return finish_opening(begin_opening(request), None)


class Rig:
    """A session, its user and its record."""

    def __init__(
        self,
        session_plan: SessionPlan,
        providers: Providers | None = None,
        dial: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.clock = VirtualClock()
        self.pacer = Pacer(self.clock)
        self.leg = LoopbackLeg()
        self.memory = Memory()
        never_written = FilesBlobStore(Path("never-written"))
        stores = Stores(self.memory, self.memory, self.memory, never_written, changes=self.memory)
        self.journal = Journal(stores, session_plan, "worker-1", self.clock)
        self.providers = providers or Providers(stt.create(), llm.create(), tts.create(), vad.create())
        self.session = Session(session_plan, self.leg, self.providers, self.journal, self.clock, self.pacer)
        self.session.dial = dial

    async def hold(self, user: Callable[["Rig"], Coroutine[Any, Any, None]]) -> SessionEnd:
        async with asyncio.TaskGroup() as tasks:
            pacing = tasks.create_task(self.pacer.run())
            acting = tasks.create_task(user(self))
            end = await self.session.run()
            acting.cancel()
            pacing.cancel()
        end = await self.session.afterwards(end)
        await self.journal.end(end)
        return end

    async def hear(self, frame: bytes, seconds: float) -> None:
        """The microphone delivers this frame over and over."""
        for _ in range(round(seconds / FRAME_S)):
            self.leg.give(frame)
            await asyncio.sleep(FRAME_S)

    def methods(self) -> list[str]:
        """The messages sent, without explanations and audio."""
        return [
            type(message).__name__
            for message in self.leg.sent
            if not isinstance(message, bytes | wire.AiAction | wire.OnResponseText | wire.OnMetrics)
        ]

    def audio_ms(self) -> float:
        return sum(len(message) for message in self.leg.sent if isinstance(message, bytes)) / 32


def hold(session_plan: SessionPlan, user: Callable[[Rig], Coroutine[Any, Any, None]]) -> tuple[Rig, SessionEnd]:
    async def scenario() -> tuple[Rig, SessionEnd]:
        rig = Rig(session_plan)
        return rig, await rig.hold(user)

    return run_virtual(scenario())


def typing(*texts: str, every_s: float = 5.0) -> Callable[[Rig], Coroutine[Any, Any, None]]:
    """A user with nothing but a keyboard, who hangs up in the end."""

    async def user(rig: Rig) -> None:
        for text in texts:
            await asyncio.sleep(every_s)
            rig.leg.give(TypedText(text))
        await asyncio.sleep(every_s)
        rig.leg.hang_up()

    return user
