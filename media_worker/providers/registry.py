"""Every adapter by its name; the module behind a name is imported when it is first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from callcore.errors import InvalidInput
from media_worker.providers.vendors import Vendor, Vendors

if TYPE_CHECKING:
    import httpx2

    from callnet.guarded import GuardedClient
    from media_worker.providers.local.speech_pool import SpeechPool


class Kind(StrEnum):
    """What an adapter does."""

    VAD = "vad"
    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    TOOLS = "tools"


@dataclass(frozen=True)
class Listed:
    """One adapter that there is."""

    factory: str
    """ "module:factory"; a factory takes the Resources and returns an adapter for the whole process."""
    vendor: Vendor | None = None
    """Who must be reachable for it; None = it is made here."""
    chosen: bool = True
    """Whether it serves an agent that names no provider."""
    models: tuple[str, ...] = ()
    """What its models' names begin with: whoever names one of them means this adapter."""


ADAPTERS: Mapping[Kind, Mapping[str, Listed]] = {
    Kind.VAD: {
        "silero": Listed("media_worker.providers.local.silero:create"),
        "scripted": Listed("media_worker.providers.scripted.vad:create", chosen=False),
    },
    Kind.STT: {
        "deepgram": Listed("media_worker.providers.deepgram.stt:create", Vendor.DEEPGRAM, models=("nova",)),
        "deepgram-flux": Listed(
            "media_worker.providers.deepgram.stt:create_flux", Vendor.DEEPGRAM, chosen=False, models=("flux",)
        ),
        "openai": Listed("media_worker.providers.openai.stt:create", Vendor.OPENAI, models=("gpt-", "whisper")),
        "transcribe": Listed("media_worker.providers.aws.stt:create", Vendor.AWS),
        "pocketsphinx": Listed("media_worker.providers.local.pocketsphinx_stt:create"),
        "scripted": Listed("media_worker.providers.scripted.stt:create", chosen=False),
    },
    Kind.LLM: {
        "openai": Listed("media_worker.providers.openai.endpoints:create_openai", Vendor.OPENAI),
        "groq": Listed("media_worker.providers.openai.endpoints:create_groq", Vendor.GROQ),
        "together": Listed("media_worker.providers.openai.endpoints:create_together", Vendor.TOGETHER),
        "bedrock": Listed("media_worker.providers.bedrock.converse:create", Vendor.AWS),
        "vllm": Listed("media_worker.providers.openai.endpoints:create_vllm", Vendor.VLLM),
        "ollama": Listed("media_worker.providers.openai.endpoints:create_ollama", Vendor.OLLAMA),
        "script": Listed("media_worker.providers.script.llm:create"),
        "scripted": Listed("media_worker.providers.scripted.llm:create", chosen=False),
    },
    Kind.TTS: {
        "elevenlabs": Listed("media_worker.providers.elevenlabs.tts:create", Vendor.ELEVENLABS),
        "cartesia": Listed("media_worker.providers.cartesia.tts:create", Vendor.CARTESIA),
        "rime": Listed("media_worker.providers.rime.tts:create", Vendor.RIME),
        "deepgram": Listed("media_worker.providers.deepgram.tts:create", Vendor.DEEPGRAM),
        "openai": Listed("media_worker.providers.openai.speech:create", Vendor.OPENAI),
        "polly": Listed("media_worker.providers.polly.tts:create", Vendor.AWS),
        "flite": Listed("media_worker.providers.local.flite_tts:create"),
        "scripted": Listed("media_worker.providers.scripted.tts:create", chosen=False),
    },
    Kind.TOOLS: {
        "webhook": Listed("media_worker.providers.webhook.tools:create"),
        "client": Listed("media_worker.providers.local.client_tools:create", chosen=False),
    },
}
"""Kind → name → adapter. The order of the lines is a choice: an agent that names no provider is served by the first
one that is available. So the vendors stand in the order of preference, and behind them what needs no vendor."""

EMBEDDED: Mapping[Kind, str] = {
    kind: next(name for name, listed in adapters.items() if listed.chosen and listed.vendor is None)
    for kind, adapters in ADAPTERS.items()
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
    http: "httpx2.AsyncClient"
    """To vendors (vendor_http.py)."""
    vendors: Vendors = field(default_factory=Vendors)


@dataclass(frozen=True)
class Choice:
    """Which adapter serves."""

    name: str
    reason: str | None = None
    """Why it is not the one that was asked for; safe to tell the client."""


def vendors_of(kind: Kind, vendors: Vendors) -> tuple[str, ...]:
    """The adapters whose vendor may be used and that serve who names nobody, the preferred ones first."""
    listed = [(name, one) for name, one in ADAPTERS[kind].items() if one.chosen and one.vendor is not None]
    return tuple(name for name, one in listed if _is_available(one, vendors))


def named(kind: Kind, provider: str | None, model: str | None) -> str | None:
    """The adapter that is meant by the name of a provider, of a model, or both; None when it is left to us."""
    return _of_model(kind, provider, model or "") or provider or None


def choose(kind: Kind, wanted: str | None, vendors: Vendors, model: str | None = None) -> Choice:
    """The adapter for a configured name and model; for none, or one that is not available, the best that is."""
    wanted = named(kind, wanted, model)
    listed = ADAPTERS[kind].get(wanted or "")
    if wanted and listed is not None and _is_available(listed, vendors):
        return Choice(wanted)
    best = next(iter(vendors_of(kind, vendors)), EMBEDDED[kind])
    if not wanted:
        return Choice(best)
    return Choice(best, f"the {kind} provider {wanted[:40]} is not available here: {best} serves instead")


def _of_model(kind: Kind, wanted: str | None, model: str) -> str | None:
    """The adapter of that vendor, or of any when none is wanted, that the model belongs to."""
    adapters = ADAPTERS[kind]
    vendor = adapters[wanted].vendor if wanted and wanted in adapters else None
    for name, listed in adapters.items():
        if model.startswith(listed.models) and (not wanted or (vendor and vendor is listed.vendor)):
            return name
    return None


def _is_available(listed: Listed, vendors: Vendors) -> bool:
    if listed.vendor is Vendor.AWS and find_spec("botocore") is None:
        return False  # on one machine it is installed for who has credentials only (infra/setup.sh)
    return listed.vendor is None or vendors.find(listed.vendor) is not None


class Registry:
    """The adapters of this process, or of one account in it; each is made once.

    An adapter owns no connections: what it asks over is the process's, or a session's.
    """

    def __init__(self, resources: Resources, lender: "Registry | None" = None) -> None:
        """`lender` has the adapters whose vendors are reached in the same way."""
        self._resources = resources
        self._lender = lender
        self._made: dict[tuple[Kind, str], Any] = {}

    @property
    def vendors(self) -> Vendors:
        """Whom the adapters may use."""
        return self._resources.vendors

    @property
    def own(self) -> frozenset[tuple[Kind, str]]:
        """The adapters that no other registry lends."""
        listed = ((kind, name) for kind, adapters in ADAPTERS.items() for name in adapters)
        return frozenset(one for one in listed if self._lender is None or not self._is_lent(*one, self._lender))

    def get(self, kind: Kind, name: str) -> Any:
        """The adapter of that name. Raises InvalidInput that lists the names there are."""
        if self._lender is not None and self._is_lent(kind, name, self._lender):
            return self._lender.get(kind, name)
        if (kind, name) not in self._made:
            try:
                module, factory = ADAPTERS[kind][name].factory.split(":")
            except KeyError:
                known = ", ".join(sorted(ADAPTERS[kind]))
                raise InvalidInput(f"there is no {kind} provider {name[:40]}; there are {known}") from None
            self._made[kind, name] = getattr(import_module(module), factory)(self._resources)
        return self._made[kind, name]

    def with_keys(self, keys: Mapping[Vendor, str]) -> "Registry":
        """One with these keys of somebody's own, which makes the adapters of those vendors only."""
        return Registry(replace(self._resources, vendors=self.vendors.with_keys(keys)), self)

    def load(self) -> None:
        """Make what serves who names nobody; modules and models are loaded, which takes seconds."""
        for kind, embedded in EMBEDDED.items():
            for name in (embedded, *vendors_of(kind, self.vendors)):
                self.get(kind, name)

    def _is_lent(self, kind: Kind, name: str, lender: "Registry") -> bool:
        listed = ADAPTERS[kind].get(name)
        if listed is None or listed.vendor is None:
            return True
        return self.vendors.find(listed.vendor) == lender.vendors.find(listed.vendor)
