"""A session whose model calls functions, and the workshop where these are done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from callcore.agents.agent import VoiceConfig
from callcore.opening.plan import SessionPlan
from callcore.wire import client as wire
from media_worker.ports.leg import TypedText
from media_worker.ports.llm import LanguageModel, ReplyEvent, ReplyRequest
from media_worker.ports.stt import SttRequest, SttStream
from media_worker.ports.tools import ToolRequest, ToolRunner
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.script import llm as script_model
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.unit.media_worker.session.rig import Rig, plan
from tests.virtual_time import run_virtual

GREETED_S = 3.0
CHARACTER_S = 0.06
"""The scripted voice's pace."""


class Workshop:
    """Functions with a duration and a result each."""

    def __init__(self, **functions: tuple[float, str | Exception]) -> None:
        self._functions = functions
        self.runs: list[tuple[float, ToolRequest]] = []
        self.stopped: list[str] = []

    async def run(self, request: ToolRequest) -> str:
        self.runs.append((asyncio.get_running_loop().time(), request))
        seconds, result = self._functions[request.tool.name]
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.stopped.append(request.tool.name)
            raise
        if isinstance(result, Exception):
            raise result
        return result


class AttentiveModel:
    """Recites, or follows its script, and remembers what it was asked."""

    def __init__(self, *, scripted: bool) -> None:
        self.requests: list[ReplyRequest] = []
        self._model: LanguageModel = script_model.create() if scripted else llm.create()
        self.capabilities = self._model.capabilities

    def reply(self, request: ReplyRequest) -> AbstractAsyncContextManager[AsyncIterator[ReplyEvent]]:
        self.requests.append(request)
        return self._model.reply(request)


class AttentiveRecogniser:
    """Hears what it was told beforehand, and remembers what it was to listen for."""

    def __init__(self) -> None:
        self.requests: list[SttRequest] = []
        self._stt = stt.create()
        self.capabilities = self._stt.capabilities

    def open(self, request: SttRequest) -> AbstractAsyncContextManager[SttStream]:
        self.requests.append(request)
        return self._stt.open(request)


class AttentiveVoice:
    """Speaks, and remembers what and in which language."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self._tts = tts.create()

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        return self._tts.sample_rate_hz(voice)

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "AttentiveVoice":
        return self

    def close(self) -> None:
        pass

    def speak(self, request: SpeakRequest) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        self.said.append((request.language, request.text))
        return self._tts.speak(request)


class Play:
    """One session and what is left of it."""

    def __init__(
        self, runner: ToolRunner, user: Callable[[Rig], Coroutine[Any, Any, None]] | None = None, **config: Any
    ) -> None:
        self.model = AttentiveModel(scripted="script" in config.get("llm", ()))
        self.recogniser, self.voice = AttentiveRecogniser(), AttentiveVoice()
        self.rig, self.end, self.ended_at = run_virtual(self._play(runner, user or asks, config))
        self.chat = [dict(message) for message in self.end.chat]

    async def _play(
        self, runner: ToolRunner, user: Callable[[Rig], Coroutine[Any, Any, None]], config: Mapping[str, Any]
    ) -> tuple[Rig, SessionEnd, float]:
        providers = Providers(self.recogniser, self.model, self.voice, vad.create(), runner, speaks=self.speaks)
        rig = Rig(self.plan(**config), providers, self.dial)
        end = await rig.hold(user)
        return rig, end, asyncio.get_running_loop().time()

    @staticmethod
    def plan(**config: Any) -> SessionPlan:
        """Of the session with this agent."""
        return plan(**config)

    def dial(self, keys: str) -> bool:
        """The line knows no keys but tones."""
        return False

    @staticmethod
    def speaks(language: str) -> bool:
        """The recogniser and the voice know no Klingon."""
        return language != "tlh"

    def functions(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What the client was told of."""
        return [(sent.name, sent.params) for sent in self.rig.leg.sent if isinstance(sent, wire.OnFunction)]

    def results(self) -> list[str]:
        """What the functions came to."""
        return [message["content"] for message in self.chat if message["role"] == "tool"]

    def said(self) -> list[str]:
        """The agent's words after the greeting."""
        return [message["content"] for message in self.chat if message["role"] == "assistant"][1:]


async def asks(rig: Rig) -> None:
    """A question after the greeting, and time for the answer."""
    await asyncio.sleep(GREETED_S)
    rig.leg.give(TypedText("book a table"))
    await asyncio.sleep(20)
    rig.leg.hang_up()


def calling(*names: str, text: str = "", **arguments: Any) -> dict[str, Any]:
    return {"text": text, "calls": [{"name": name, "arguments": arguments} for name in names]}


def model(*steps: Any) -> dict[str, Any]:
    """A model that answers every question in these steps."""
    return {"provider": "scripted", "replies": [list(steps)]}


MENU = {"name": "menu", "webhook": "https://tools.invalid/menu"}
