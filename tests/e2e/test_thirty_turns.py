"""Thirty turns of real audio through the running system: a socket, the speech processes, flite's answers."""

import asyncio
import statistics
import time
from collections.abc import Sequence

import pytest

from tests.e2e.stack import Stack
from tests.peers import people
from tests.peers.millis_client import connect
from tests.peers.people import Utterance

HALVES = slice(3), slice(3, 5)
LATEST_S = 20.0
"""By when a turn is answered, on a machine that has other things to do."""


async def converse(stack: Stack, script: object, turns: Sequence[Utterance]) -> tuple[str, list[bool]]:
    """Say one after the other, each when the answer to the last has been heard; which were understood.

    Who is not understood is told so: that is an answer, too.
    """
    config = {"first_message": "Yes?", "llm": {"provider": "script", "script": script}}
    understood = []
    async with connect(stack.connection["media_url"]) as client:
        await client.initiate(public_key=stack.connection["public_key"], agent={"agent_config": config})
        session_id = (await client.wait_for("onready")).payload["session_id"]
        await client.wait_for("onresponsetext", is_final=True)
        for turn in turns:
            began = time.monotonic()
            client.say(turn.pcm)
            await client.said()
            answer = await client.wait_for("onresponsetext", after=began, within=LATEST_S, is_final=True)
            finals = [one for one in client.received if one.method == "ontranscript" and one.payload["is_final"]]
            said = " ".join(one.data for one in finals if began < one.at < answer.at)
            understood.append(turn.understood_as(said))
    return str(session_id), understood


@pytest.mark.full
def test_thirty_turns_of_synthetic_and_of_recorded_people(stack: Stack) -> None:
    flite, cards, readers = people.flite_people(), people.card_players(), people.readers()
    recordings = [(people.script_of(group), group[part]) for group in (cards, readers) for part in HALVES]
    callers = [(people.RESTAURANT, flite[first : first + 3]) for first in range(0, 20, 3)] + recordings

    async def everybody() -> list[tuple[str, list[bool]]]:
        return await asyncio.gather(*(converse(stack, *caller) for caller in callers))

    conversations = asyncio.run(everybody())
    synthetic = [one for _, understood in conversations[:-4] for one in understood]
    recorded = [one for _, understood in conversations[-4:] for one in understood]
    calls = [stack.ended_call(session_id) for session_id, _ in conversations]
    delays = [turn["endpointing_delay"] for call in calls for turn in call["call_metrics"]["turns"]]
    print(
        f"understood: {sum(synthetic)} of {len(synthetic)} synthetic, {sum(recorded)} of {len(recorded)} recorded; "
        f"endpointing p50 {statistics.median(delays):.0f} ms, p95 {statistics.quantiles(delays, n=20)[-1]:.0f} ms"
    )
    assert (len(synthetic), len(recorded)) == (20, 10)
    assert sum(synthetic) >= 17
    assert sum(recorded) >= 8
    assert len(delays) >= 25
