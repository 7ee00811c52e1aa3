"""Every adapter by its name; the module behind a name is imported when it is first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from callcore.errors import InvalidInput

if TYPE_CHECKING:
    from callnet.guarded import GuardedClient
    from media_worker.providers.local.speech_pool import SpeechPool


class Kind(StrEnum):
    """What an adapter does."""

    VAD = "vad"
    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    TOOLS = "tools"


FACTORIES: Mapping[Kind, Mapping[str, str]] = {
    Kind.VAD: {
        "silero": "media_worker.providers.local.silero:create",
        "scripted": "media_worker.providers.scripted.vad:create",
    },
    Kind.STT: {
        "pocketsphinx": "media_worker.providers.local.pocketsphinx_stt:create",
        "scripted": "media_worker.providers.scripted.stt:create",
    },
    Kind.LLM: {
        "script": "media_worker.providers.script.llm:create",
        "scripted": "media_worker.providers.scripted.llm:create",
    },
    Kind.TTS: {
        "flite": "media_worker.providers.local.flite_tts:create",
        "scripted": "media_worker.providers.scripted.tts:create",
    },
    Kind.TOOLS: {
        "webhook": "media_worker.providers.webhook.tools:create",
        "client": "media_worker.providers.local.client_tools:create",
    },
}
"""Kind → name → "module:factory"; a factory takes the Resources and returns an adapter for the whole process."""

DEFAULTS: Mapping[Kind, str] = {
    Kind.VAD: "silero",
    Kind.STT: "pocketsphinx",
    Kind.LLM: "script",
    Kind.TTS: "flite",
    Kind.TOOLS: "webhook",
}
"""What serves without an account, a key or a network (architecture.md 6)."""


@dataclass(frozen=True)
class Resources:
    """What factories may build on; owned by the process."""

    recognisers: "SpeechPool"
    voices: "SpeechPool"
    """A pool of its own: loading a recogniser takes a second, and nobody's next word waits for that."""
    web: "GuardedClient"
    """To servers of customers."""


@dataclass(frozen=True)
class Choice:
    """Which adapter serves."""

    name: str
    reason: str | None = None
    """Why it is not the one that was asked for; safe to tell the client."""


def choose(kind: Kind, wanted: str | None) -> Choice:
    """The adapter for a configured name; the embedded default when there is none of that name."""
    if not wanted or wanted in FACTORIES[kind]:
        return Choice(wanted or DEFAULTS[kind])
    default = DEFAULTS[kind]
    return Choice(default, f"the {kind} provider {wanted[:40]} is not available here: {default} serves instead")


class Registry:
    """The adapters of this process; each is made once."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._made: dict[tuple[Kind, str], Any] = {}

    def get(self, kind: Kind, name: str) -> Any:
        """The adapter of that name. Raises InvalidInput that lists the names there are."""
        if (kind, name) not in self._made:
            try:
                module, factory = FACTORIES[kind][name].split(":")
            except KeyError:
                known = ", ".join(sorted(FACTORIES[kind]))
                raise InvalidInput(f"there is no {kind} provider {name[:40]}; there are {known}") from None
            self._made[kind, name] = getattr(import_module(module), factory)(self._resources)
        return self._made[kind, name]
