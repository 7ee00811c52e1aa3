"""A session whose agent is a customer's own model, in virtual time; the server is a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import RequestFailed
from callcore.wire import client as wire
from media_worker.conversation.words.phrases import phrases
from media_worker.ports.leg import TypedText
from media_worker.providers.custom_llm.line import MAX_NONSENSE
from media_worker.providers.custom_llm.llm import GREETING_S, CallFacts, CustomLlm
from media_worker.providers.custom_llm.turn import MAX_REPLY_CHARS
from media_worker.providers.scripted import stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan, typing
from tests.virtual_time import run_virtual

URL = "wss://model.invalid"
SORRY = phrases("en").technical_problem


class Server:
    """One scripted server; what it was told, by all of its connections."""

    def __init__(self, *connections: "Script | Exception") -> None:
        """A script for each connection, the last one for all that follow."""
        self.told: list[dict[str, Any]] = []
        self.connections = 0
        self._scripts = connections

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Side"]:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        if isinstance(script, Exception):
            raise script
        side = Side(self)
        serving = asyncio.ensure_future(side.serve(script))
        try:
            yield side
        finally:
            serving.cancel()

    def types(self) -> list[str]:
        """What it was told, but for what the user says meanwhile."""
        return [frame["type"] for frame in self.told if frame["type"] != "partial_transcript"]

    def last(self, kind: str) -> Mapping[str, Any]:
        frames = [frame["data"] for frame in self.told if frame["type"] == kind]
        return frames[-1]  # type: ignore[no-any-return]


class Side:
    """One connection, as both of its ends see it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    async def send(self, frame: str) -> None:
        self._server.told.append(json.loads(frame))
        self._incoming.put_nowait(json.loads(frame))

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (frame := await self._outgoing.get()) is not None:
            yield frame

    async def serve(self, script: "Script") -> None:
        await script(self)
        self._outgoing.put_nowait(None)

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these types."""
        while True:
            frame = await self._incoming.get()
            if frame["type"] in kinds:
                return frame

    def raw(self, frame: str | bytes) -> None:
        self._outgoing.put_nowait(frame)

    def say(self, kind: str, **data: Any) -> None:
        self.raw(json.dumps({"type": kind, "data": data}))

    def answer(self, stream_id: int, text: str, **more: Any) -> None:
        self.say("stream_response", stream_id=stream_id, content=text, **{"end_of_stream": True, **more})


Script = Callable[[Side], Awaitable[None]]
User = Callable[[Rig], Coroutine[Any, Any, None]]


def answering(*texts: str) -> Script:
    """Greets with the first text, and answers with the others."""

    async def script(side: Side) -> None:
        for text in texts:
            frame = await side.next("start_call", "stream_request")
            side.answer(frame["data"]["stream_id"], text)
        await asyncio.sleep(1000)

    return script


class Play:
    """One session with this server, and what is left of it."""

    def __init__(self, server: Server, user: User, **config: Any) -> None:
        self.server = server
        self.rig, self.end = run_virtual(self._play(user, {"first_message": None, **config}))

    async def _play(self, user: User, config: Mapping[str, Any]) -> tuple[Rig, SessionEnd]:
        session_plan = plan(custom_llm_websocket=URL, **config)
        facts = CallFacts(
            session_plan.session_id,
            session_plan.agent_id,
            session_plan.metadata,
            first_message=session_plan.first_message or "",
        )
        llm = CustomLlm(facts, self.server.connect)
        rig = Rig(session_plan, Providers(stt.create(), llm, tts.create(), vad.create(), follower=llm))
        return rig, await rig.hold(user)

    def chat(self) -> list[str]:
        return [f"{message['role'][0]}: {message['content']}" for message in self.end.chat if message["content"]]

    def said(self) -> list[str]:
        return [message["content"] for message in self.end.chat if message["role"] == "assistant"]


def test_it_greets_answers_and_hears_what_became_of_its_answers() -> None:
    play = Play(Server(answering("Hello.", "Nine.")), typing("when are you open"))
    assert play.chat() == ["a: Hello.", "u: when are you open", "a: Nine."]
    assert play.server.types() == ["start_call", "playback_finished", "stream_request", "playback_finished"]
    start = play.server.last("start_call")
    assert (start["stream_id"], start["session_id"], start["metadata"]) == (0, "s1", {"userName": "Ann"})
    assert play.server.last("stream_request") == {
        "stream_id": 1,
        "transcript": [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "when are you open"}],
    }
    assert play.server.last("playback_finished")["stream_id"] == 1
    assert play.server.last("partial_transcript")["is_final"] is True


def test_the_agents_first_message_is_said_when_the_server_does_not_greet() -> None:
    async def silent(side: Side) -> None:
        frame = await side.next("stream_request")
        side.answer(frame["data"]["stream_id"], "Nine.")
        await asyncio.sleep(1000)

    greeted_at: list[float] = []

    async def user(rig: Rig) -> None:
        for _ in range(200):
            await asyncio.sleep(0.02)
            if rig.audio_ms() and not greeted_at:
                greeted_at.append(rig.clock.monotonic_s())
        await typing("when")(rig)

    play = Play(Server(silent), user, first_message="Hi {userName}.")
    assert play.said() == ["Hi Ann.", "Nine."]
    assert greeted_at == [pytest.approx(GREETING_S, abs=0.1)]


def test_speaking_both_greetings_is_wrong() -> None:
    play = Play(Server(answering("Hello.")), typing(), first_message="Hi.")
    assert play.said() == ["Hello."]


def test_who_says_nothing_at_all_lets_the_user_begin() -> None:
    async def silent(side: Side) -> None:
        await asyncio.sleep(1000)

    play = Play(Server(silent), typing(every_s=15.0))
    assert play.said() == []
    assert play.end.status is CallStatus.USER_ENDED


def test_a_greeting_before_start_call_with_an_id_of_its_own() -> None:
    async def eager(side: Side) -> None:
        side.answer(1, "I am early.")
        frame = await side.next("stream_request")
        assert frame["data"]["stream_id"] == 2
        side.answer(1, "This is stale.")
        side.answer(2, "Nine.")
        await asyncio.sleep(1000)

    play = Play(Server(eager), typing("when"))
    assert play.said() == ["I am early.", "Nine."]


def test_an_empty_answer_is_a_silence_and_no_failure() -> None:
    play = Play(Server(answering("Hello.", "", "Yes.")), typing("hm", "are you there"))
    assert play.chat() == ["a: Hello.", "u: hm", "u: are you there", "a: Yes."]


def test_a_filler_is_spoken_while_the_rest_is_looked_up_and_a_pause_is_kept() -> None:
    sent_ms: list[float] = []

    async def thoughtful(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")
        side.answer(1, "Let me see", end_of_stream=False, pause=500)
        await asyncio.sleep(4)
        side.answer(1, "nine.")
        await asyncio.sleep(1000)

    async def user(rig: Rig) -> None:
        await asyncio.sleep(5)
        rig.leg.give(TypedText("when"))
        before = rig.audio_ms()
        await asyncio.sleep(3)
        sent_ms.append(rig.audio_ms() - before)
        await asyncio.sleep(7)
        rig.leg.hang_up()

    play = Play(Server(thoughtful), user)
    assert play.said() == ["Hello.", "Let me see nine."]
    assert sent_ms == [pytest.approx(len("Let me see") * 60 + 500, abs=1)]


def test_an_interruption_is_told_and_what_still_comes_is_dropped() -> None:
    async def talkative(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")
        side.answer(1, "This is a long story about many things. " * 5, end_of_stream=False)
        told = await side.next("interrupt")
        assert told["stream_id"] == told["data"]["stream_id"] == 1
        side.answer(1, "And it goes on.")
        side.say("end_call", stream_id=1)
        await side.next("stream_request")
        side.answer(2, "Fine.")
        await asyncio.sleep(1000)

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        rig.leg.give(TypedText("tell me"))
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 5.0)
        rig.leg.hang_up()

    play = Play(Server(talkative), user, speech_to_text={"utterances": ["stop it"]})
    assert play.server.types() == [
        *("start_call", "playback_finished", "stream_request", "interrupt", "stream_request", "playback_finished"),
    ]
    assert play.said()[-1] == "Fine."
    assert play.end.status is CallStatus.USER_ENDED


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.6, 5.0])
def test_the_server_ends_the_call_when_the_goodbye_was_heard(after_s: float) -> None:
    async def polite(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")
        side.answer(1, "Goodbye, and thank you.", end_of_stream=after_s > 0)
        await asyncio.sleep(after_s)
        side.say("end_call", stream_id=1)
        await asyncio.sleep(1000)

    play = Play(Server(polite), typing("bye", every_s=20.0))
    assert play.said() == ["Hello.", "Goodbye, and thank you."]
    assert play.end.status is CallStatus.AGENT_ENDED


def test_a_transfer_without_a_telephone_line_is_apologised_for() -> None:
    async def transferring(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")
        side.say("transfer_call", stream_id=1, destination="+15551234567")
        await side.next("stream_request")
        side.answer(2, "Still here.")
        await asyncio.sleep(1000)

    play = Play(Server(transferring), typing("a person please", "hello", every_s=8.0))
    assert play.said()[1:] == ["", SORRY, "Still here."]
    assert [message["name"] for message in play.end.chat if message["role"] == "tool"] == ["transfer_call"]
    assert play.server.last("stream_request")["transcript"][-1] == {"role": "user", "content": "hello"}


def test_functions_of_the_agent_are_not_offered_and_the_client_is_told() -> None:
    play = Play(Server(answering("Hello.")), typing(), tools=[{"name": "menu", "webhook": "https://a.invalid"}])
    notes = [sent.text for sent in play.rig.leg.sent if isinstance(sent, wire.AiAction)]
    assert "the function menu is not offered: a custom LLM calls none" in notes


# --- servers that fail ------------------------------------------------------------------------------


def test_a_connection_that_is_lost_in_mid_answer_is_made_once_more_and_the_turn_goes_on() -> None:
    async def dies(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")
        side.answer(1, "We are open", end_of_stream=False)
        await asyncio.sleep(0.1)

    async def revives(side: Side) -> None:
        start = await side.next("start_call")
        side.answer(start["data"]["stream_id"], "Hello again, this is stale.")
        asked = await side.next("stream_request")
        side.answer(asked["data"]["stream_id"], "from nine.")
        await asyncio.sleep(1000)

    play = Play(Server(dies, revives), typing("when"))
    assert play.said() == ["Hello.", "We are open from nine."]
    asked = play.server.last("stream_request")
    assert asked["stream_id"] == 3
    assert [turn["role"] for turn in asked["transcript"]] == ["assistant", "user", "assistant", "user"]


def test_a_connection_that_is_lost_before_the_answer_loses_nothing() -> None:
    async def dies(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await side.next("stream_request")

    async def revives(side: Side) -> None:
        asked = await side.next("stream_request")
        side.answer(asked["data"]["stream_id"], "Nine.")
        await asyncio.sleep(1000)

    play = Play(Server(dies, revives), typing("when"))
    assert play.chat() == ["a: Hello.", "u: when", "a: Nine."]
    assert play.server.last("stream_request")["transcript"][-1] == {"role": "user", "content": "when"}


def test_one_that_is_lost_while_nobody_asks_is_there_when_somebody_does() -> None:
    async def dies(side: Side) -> None:
        await side.next("start_call")
        side.answer(0, "Hello.")
        await asyncio.sleep(2)

    async def revives(side: Side) -> None:
        asked = await side.next("stream_request")
        side.answer(asked["data"]["stream_id"], "Nine.")
        await asyncio.sleep(1000)

    play = Play(Server(dies, revives), typing("when"))
    assert play.said() == ["Hello.", "Nine."]
    assert play.server.connections == 2


def test_a_server_that_cannot_be_had_costs_an_apology_for_each_turn_and_never_the_call() -> None:
    refused = RequestFailed("no connection to the host")

    async def answers(side: Side) -> None:
        asked = await side.next("stream_request")
        side.answer(asked["data"]["stream_id"], "Nine.")
        await asyncio.sleep(1000)

    play = Play(Server(*[refused] * 5, answers), typing("when", "when", every_s=8.0))
    assert play.chat() == [f"a: {SORRY}", "u: when", f"a: {SORRY}", "u: when", "a: Nine."]
    assert play.server.connections == 6, "once when the call began, and twice for each turn"


async def hangs(side: Side) -> None:
    await side.next("start_call")
    side.answer(0, "Hello.")
    await asyncio.sleep(1000)


async def floods(side: Side) -> None:
    await side.next("start_call")
    side.answer(0, "Hello.")
    await side.next("stream_request")
    for _ in range(1000):
        side.answer(1, "x" * 1000 + ". ", end_of_stream=False)
    await asyncio.sleep(1000)


async def babbles(side: Side) -> None:
    await side.next("start_call")
    side.answer(0, "Hello.")
    await side.next("stream_request")
    for _ in range(MAX_NONSENSE + 1):
        side.raw("{ this is no JSON")
    await asyncio.sleep(1000)


async def sends_bytes(side: Side) -> None:
    await side.next("start_call")
    side.answer(0, "Hello.")
    for _ in range(MAX_NONSENSE + 1):
        side.raw(b"\0\1")
    await asyncio.sleep(1000)


@pytest.mark.parametrize("script", [hangs, babbles])
def test_a_server_without_an_answer_is_apologised_for(script: Script) -> None:
    play = Play(Server(script), typing("when", every_s=20.0))
    assert play.said()[-1] == SORRY
    assert play.end.status is CallStatus.USER_ENDED


def test_a_server_that_hung_is_told_that_its_answer_is_no_longer_wanted() -> None:
    play = Play(Server(hangs), typing("when", every_s=20.0))
    assert play.server.types()[-2:] == ["stream_request", "interrupt"]


def test_a_server_that_floods_is_cut_off_and_heard_up_to_then() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(5)
        rig.leg.give(TypedText("when"))
        await asyncio.sleep(100)
        rig.leg.hang_up()

    play = Play(Server(floods), user)
    assert "interrupt" in play.server.types()
    assert len(play.said()[-1]) <= MAX_REPLY_CHARS
    assert play.end.status is CallStatus.USER_ENDED


def test_a_server_that_sends_bytes_is_hung_up_on() -> None:
    play = Play(Server(sends_bytes, answering("", "Nine.")), typing("when"))
    assert play.said() == ["Hello.", "Nine."]
    assert play.server.connections == 2


def test_one_that_closes_at_once_is_not_called_for_ever() -> None:
    async def closes(side: Side) -> None:
        await asyncio.sleep(0)

    play = Play(Server(closes), typing(every_s=60.0))
    assert play.server.connections <= 3
    assert play.said() == [SORRY]
