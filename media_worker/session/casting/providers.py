"""The adapters that serve one session; a role with fallbacks is one adapter, too (HedgedModel and its like)."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from callcore.accounts.account import Account
from callcore.calls.usage import UNNAMED, Component, Service
from callcore.errors import ToolFailed
from callcore.opening.plan import SessionPlan
from media_worker.ports.follower import Follower, Nobody
from media_worker.ports.llm import LanguageModel
from media_worker.ports.stt import SpeechToText
from media_worker.ports.tools import ToolRunner
from media_worker.ports.tts import TextToSpeech
from media_worker.ports.vad import VoiceActivityDetector
from media_worker.providers.local.client_tools import ClientTools


async def nothing() -> None:
    """Nothing has to be prepared."""


async def nothing_known(question: str) -> str:
    """There are no files to search."""
    raise ToolFailed("there are no files to search")


@dataclass(frozen=True)
class Providers:
    """One adapter of each kind."""

    stt: SpeechToText
    llm: LanguageModel
    tts: TextToSpeech
    vad: VoiceActivityDetector
    tools: ToolRunner = field(default_factory=ClientTools)
    search: Callable[[str], Awaitable[str]] = nothing_known
    """What the files of the agent say to a question. Raises ToolFailed."""
    speaks: Callable[[str], bool] = lambda language: True
    """Whether these hear and speak a language."""
    serving: Callable[[Component], Service] = lambda component: UNNAMED
    """Who serves a component now, for the bill."""
    own: frozenset[tuple[Component, str]] = frozenset()
    """Those that would be asked with the account's own key, by their names."""
    follower: Follower = field(default_factory=Nobody)
    """Who is told of everything that happens."""
    prepare: Callable[[], Coroutine[None, None, None]] = nothing
    """Opens what the first reply needs, while the greeting is spoken."""
    notes: tuple[str, ...] = ()
    """What was asked for and could not be had, and what serves instead; safe to log and to tell the client."""


ChooseProviders = Callable[[SessionPlan, Account], Awaitable[Providers]]
"""Picks the adapters for a plan of an account. Raises CallError when there are none."""
