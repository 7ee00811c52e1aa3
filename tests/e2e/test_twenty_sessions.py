"""Twenty callers at once, and nobody hears a gap.

How it is measured: every client plays the agent's audio as a real one does, without gaps from the first piece of a
reply on; a piece's deadline is the moment at which it would have to be playing. The worker's own figure is how late
its 20 ms timetable ever was. What the machine itself was late in the same run, or kept the worker from running, does
not count.
"""

import asyncio

from media_worker.providers.scripted.tts import tone
from tests.e2e.stack import Stack
from tests.peers.millis_client import MillisClient, connect
from tests.peers.stall import stall_of_the_machine

CALLERS = 20
TURNS = 2
MAX_LATENESS_S = 0.040
CONFIG = {
    "first_message": "Welcome, and thank you very much for calling us today.",
    "speech_to_text": {"provider": "scripted"},
    "llm": {"provider": "scripted", "replies": ["Certainly. I would be glad to help you with that, one moment."]},
    "voice": {"provider": "scripted"},
}


async def call(stack: Stack, wait_s: float) -> MillisClient:
    await asyncio.sleep(wait_s)
    async with connect(stack.connection["media_url"]) as client:
        await client.initiate(public_key=stack.connection["public_key"], agent={"agent_config": CONFIG})
        await client.wait_for("onready")
        spoken = (await client.wait_for("onresponsetext", is_final=True)).at
        for _ in range(TURNS):
            client.say(tone(0, 800))
            await client.said()
            spoken = (await client.wait_for("onresponsetext", after=spoken, is_final=True)).at
    return client


def test_twenty_sessions_play_without_a_gap(stack: Stack) -> None:
    async def everybody() -> tuple[list[MillisClient], float]:
        async with stall_of_the_machine(stack.worker_process_id()) as stall:
            clients = await asyncio.gather(*(call(stack, 0.1 * number) for number in range(CALLERS)))
        return clients, stall.both_s

    clients, stall_s = asyncio.run(everybody())
    worst_s = max(client.playback.worst_lateness_s for client in clients)
    worker_ms = stack.get("/health", base=stack.media_http)["worst_playout_lag_ms"]
    print(
        f"worst piece {worst_s * 1000:.1f} ms late; worker's timetable at most {worker_ms} ms late; "
        f"the machine at most {stall_s * 1000:.1f} ms"
    )
    assert worst_s <= MAX_LATENESS_S + stall_s
    assert all(client.playback.seconds > 9 for client in clients)
