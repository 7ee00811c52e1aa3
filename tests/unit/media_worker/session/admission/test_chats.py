"""Conversations in writing, on a whole worker in virtual time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcore.billing.allowance import Holder, day_of
from callcore.calls.call import CallStatus
from callcore.calls.registration import Registration, register
from callcore.calls.usage import Unit
from callcore.errors import Conflict
from callcore.ids import SessionId
from callcore.wire.jobs import Chat, ChatTurn, Done
from media_worker.session.stages.turn_policy import CHAT_IDLE_S
from tests.unit.media_worker.session.house import ACCOUNT, House, in_house


def registered(house: House, **config: Any) -> SessionId:
    """A conversation that may begin; its agent recites."""
    settings = {"first_message": "Hello.", **config}
    replies, ttft_ms = config.get("replies", ["First.", "Second."]), config.get("ttft_ms", 0)
    settings["llm"] = {"provider": "scripted", "replies": replies, "ttft_ms": ttft_ms}
    call = register(ACCOUNT.account_id, Registration(None, settings), house.clock.unix_s())
    house.stores.calls.begin_call(call)
    return call.session_id


async def ask(house: House, session_id: SessionId, text: str, *, end: bool = False, history: Any = ()) -> Done | None:
    await asyncio.sleep(0.1)
    chat = Chat(text=text, end=end, history=history)
    return await house.supervisor.chats.answer(ACCOUNT.account_id, session_id, chat, "worker-1")


def test_a_conversation_has_its_turns_and_ends_as_one(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        session_id = registered(house)
        assert await ask(house, session_id, "one") == Done(worker_id="worker-1", reply="First.")
        assert house.stores.calls.get_call(ACCOUNT.account_id, session_id).status is CallStatus.IN_PROGRESS
        assert await ask(house, session_id, "two", end=True) == Done(worker_id="worker-1", reply="Second.", ended=True)
        await asyncio.sleep(1)
        (ended,) = house.ended()
        assert ended.status is CallStatus.CHAT_COMPLETION
        checkpoint = house.stores.checkpoints.load_checkpoint(session_id)
        assert checkpoint is not None
        assert [message["content"] for message in checkpoint.chat] == ["one", "First.", "two", "Second."]
        assert await ask(house, session_id, "three") is None, "it is over"

    in_house(tmp_path, scenario)


def test_what_was_said_before_is_known_and_recorded(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        history = (ChatTurn(role="user", content="one"), ChatTurn(role="assistant", content="First."))
        done = await ask(house, registered(house), "two", history=history)
        assert done is not None
        assert done.reply == "Second.", "the model saw two turns of the user"

    in_house(tmp_path, scenario)


def test_one_that_nobody_ends_is_over_after_a_while(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        session_id = registered(house, session_timeout={"max_idle": 5, "message": "Goodbye."})
        await ask(house, session_id, "one")
        await asyncio.sleep(CHAT_IDLE_S - 1)
        assert house.ended() == []
        await asyncio.sleep(2)
        (ended,) = house.ended()
        assert (ended.status, ended.chars_used) == (CallStatus.CHAT_COMPLETION, 0)

    in_house(tmp_path, scenario)


def test_nobody_pays_for_the_wait_for_a_message_that_does_not_come(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        session_id = registered(house, ttft_ms=4_000)
        await ask(house, session_id, "one")
        await asyncio.sleep(50)
        await ask(house, session_id, "two")
        await asyncio.sleep(CHAT_IDLE_S + 2)
        (ended,) = house.ended()
        assert ended.duration_s == pytest.approx(58, abs=1), "both answers, and the pause between them"
        (call_ms,) = (line.quantity for line in ended.usage if line.unit is Unit.CALL_MS)
        assert call_ms == pytest.approx(58_000, abs=500)
        counted = house.stores.day_totals.used(Holder(ACCOUNT.account_id), day_of(house.clock.unix_s()))
        assert counted.call_ms == call_ms

    in_house(tmp_path, scenario)


def test_one_without_an_answer_costs_no_time(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await ask(house, registered(house, replies=["[end]"]), "bye")
        await asyncio.sleep(1)
        (ended,) = house.ended()
        assert ended.duration_s == 0

    in_house(tmp_path, scenario)


def test_the_agent_may_end_it(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        done = await ask(house, registered(house, replies=["[end]"]), "bye")
        assert done is not None
        assert (done.reply, done.ended) == (None, True)

    in_house(tmp_path, scenario)


def test_who_asks_while_its_end_is_being_stored_is_told_at_once_that_it_is_over(tmp_path: Path) -> None:
    afterwards = {"name": "f", "webhook": "https://a.example/", "run_after_call": True, "params": [{"name": "why"}]}

    async def scenario(house: House) -> None:
        session_id = registered(house, tools=[afterwards], ttft_ms=5000)
        early = asyncio.create_task(ask(house, session_id, "two"))
        await ask(house, session_id, "one", end=True)
        asked_at = house.clock.monotonic_s()
        assert await early == Done(worker_id="worker-1", ended=True), "its turn would have come next"
        with pytest.raises(Conflict, match="has ended already"):
            await ask(house, session_id, "three")
        assert house.clock.monotonic_s() - asked_at < 1
        assert house.ended() == [], "the model is asked what is to be run"

    in_house(tmp_path, scenario)


def test_a_worker_that_takes_none_says_why(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        house.supervisor.draining = True
        with pytest.raises(Conflict, match="shutting down"):
            await ask(house, registered(house), "one")

    in_house(tmp_path, scenario)


def test_a_conversation_of_another_account_or_none_is_not_here(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        session_id = registered(house)
        await ask(house, session_id, "one")
        chats = house.supervisor.chats
        assert await chats.answer(type(ACCOUNT.account_id)("other"), session_id, Chat(text="x"), "w") is None
        assert await ask(house, SessionId("unknown"), "x") is None

    in_house(tmp_path, scenario)
