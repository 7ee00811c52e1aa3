"""Who serves a session: the adapters that its agent names, and where it names none the best that there are."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.agents.agent import SpeechToTextConfig, VoiceConfig
from callcore.calls.usage import Component, Service
from callcore.errors import InvalidInput
from callcore.opening.plan import SessionPlan
from callcore.voices import EMBEDDED_VOICES
from media_worker.ports.follower import Nobody
from media_worker.providers.custom_llm.llm import CustomLlm
from media_worker.providers.custom_llm.server import custom_llm
from media_worker.providers.local.english import is_english
from media_worker.providers.registry import EMBEDDED, Kind, Registry, choose, named, vendors_of
from media_worker.session.casting.fallback_recogniser import ChosenRecogniser, FallbackRecogniser
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from media_worker.session.casting.hedged_model import ChosenModel, HedgedModel
from media_worker.session.casting.measured_model import MeasuredModel
from media_worker.session.casting.model_choice import ModelChoice, ended_on
from media_worker.session.casting.providers import Providers, nothing
from media_worker.session.clock import WorkerClock


@dataclass(frozen=True)
class _Part:
    """An adapter's name, and the settings it serves with, which are of its kind's type."""

    name: str
    config: Any
    is_spare: bool = False
    """Nobody asked for it: it stands behind one that was chosen for want of a name."""

    @property
    def service(self) -> Service:
        return Service(self.name, self.config.model or "")


class Casting:
    """Picks the adapters of every session of a process."""

    def __init__(self, registry: Registry, clock: WorkerClock, *, private: bool = False) -> None:
        """`private` admits customers' servers on this machine and in private networks."""
        self._registry = registry
        self._clock = clock
        self._private = private
        self._choice = ModelChoice(registry, clock)

    def __call__(self, plan: SessionPlan) -> Providers:
        """The adapters for a plan. Raises InvalidInput when its language cannot be heard or spoken here."""
        server = plan.config.custom_llm_websocket
        own = None if server is None else custom_llm(plan, server, private=self._private)
        return _Cast(self._registry, self._clock, self._choice, plan).providers(own)


class _Cast:
    """Of one session."""

    def __init__(self, registry: Registry, clock: WorkerClock, choice: ModelChoice, plan: SessionPlan) -> None:
        self._registry = registry
        self._clock = clock
        self._choice = choice
        self._plan = plan
        self._notes: list[str] = []

    def providers(self, own: CustomLlm | None) -> Providers:
        """`own`: the customer's language model."""
        config = self._plan.config
        recognisers = self._parts(Kind.STT, config.speech_to_text.chain())
        voices = _with_last_resort(self._parts(Kind.TTS, config.voice.chain()))
        embedded = [
            kind for kind, parts in ((Kind.STT, recognisers), (Kind.TTS, voices)) if _needs_embedded(kind, parts)
        ]
        if not is_english(self._plan.language):
            _check_language(embedded, self._plan.language)
            recognisers = [part for part in recognisers if part.name != EMBEDDED[Kind.STT]]
            voices = [part for part in voices if part.name != EMBEDDED[Kind.TTS]]
        stt, tts = self._recogniser(recognisers), self._voice(voices)
        models = [] if own else self._choice.models(self._plan, self._notes)
        llm = own or HedgedModel(models, self._clock)
        roles: dict[Component, FallbackRecogniser | HedgedModel | CustomLlm | FallbackVoice] = {
            Component.STT: stt,
            Component.LLM: llm,
            Component.TTS: tts,
        }
        is_scripted = "scripted" in (config.speech_to_text.provider, config.voice.provider)
        if not (config.speech_to_text.provider and config.llm.provider and config.voice.provider):
            self._notes.append(f"heard by {stt.service}, spoken by {tts.service}")
        return Providers(
            stt=stt,
            llm=llm,
            tts=tts,
            vad=self._registry.get(Kind.VAD, "scripted" if is_scripted else EMBEDDED[Kind.VAD]),
            tools=self._registry.get(Kind.TOOLS, EMBEDDED[Kind.TOOLS]),
            speaks=lambda language: not embedded or is_english(language),
            serving=lambda component: roles[component].service,
            follower=own or Nobody(),
            prepare=_preparation(models),
            notes=tuple(self._notes),
        )

    # --- ears and voices ------------------------------------------------------------------------

    def _parts(self, kind: Kind, chain: Sequence[VoiceConfig | SpeechToTextConfig]) -> list[_Part]:
        return [part for config in chain for part in self._parts_of(kind, config)]

    def _parts_of(self, kind: Kind, config: VoiceConfig | SpeechToTextConfig) -> list[_Part]:
        nothing_said = _unsaid(config)
        wanted = named(kind, config.provider or _provider_of_voice(config), config.model)
        if wanted:
            choice = choose(kind, wanted, self._registry.vendors)
            if choice.reason is None:
                return [_Part(choice.name, config)]
            # What it is to sound like is said in the words of another vendor.
            self._notes.append(self._reason(kind, wanted, choice.reason, choice.name))
            return [_Part(choice.name, nothing_said)]
        names = [*vendors_of(kind, self._registry.vendors), EMBEDDED[kind]]
        return [_Part(names[0], config), *(_Part(name, nothing_said, is_spare=True) for name in names[1:])]

    def _reason(self, kind: Kind, wanted: str, reason: str, name: str) -> str:
        ended = ended_on(Service(wanted), Component(kind.value), self._clock.unix_s())
        return f"the {kind} provider {wanted[:40]} ended on {ended}: {name} serves instead" if ended else reason

    def _recogniser(self, parts: Sequence[_Part]) -> FallbackRecogniser:
        return FallbackRecogniser(
            [ChosenRecogniser(self._registry.get(Kind.STT, part.name), part.config, part.service) for part in parts],
            self._clock,
        )

    def _voice(self, parts: Sequence[_Part]) -> FallbackVoice:
        return FallbackVoice(
            [ChosenVoice(self._registry.get(Kind.TTS, part.name), part.config, part.service) for part in parts]
        )


def _with_last_resort(voices: list[_Part]) -> list[_Part]:
    """Behind every other voice stands the embedded one: when all vendors fail somebody still has to say so."""
    name = EMBEDDED[Kind.TTS]
    return voices if any(part.name == name for part in voices) else [*voices, _Part(name, VoiceConfig(), is_spare=True)]


def _unsaid(config: VoiceConfig | SpeechToTextConfig) -> VoiceConfig | SpeechToTextConfig:
    """Of the settings, what every vendor understands."""
    if isinstance(config, SpeechToTextConfig):
        return SpeechToTextConfig(multilingual=config.multilingual)
    return VoiceConfig()


def _preparation(models: Sequence[ChosenModel]) -> Callable[[], Coroutine[None, None, None]]:
    first = models[0].model if models else None
    return first.prepare if isinstance(first, MeasuredModel) else nothing


def _needs_embedded(kind: Kind, parts: Sequence[_Part]) -> bool:
    return any(part.name == EMBEDDED[kind] and not part.is_spare for part in parts)


def _check_language(embedded: Sequence[Kind], language: str) -> None:
    if embedded:
        raise InvalidInput(f"the embedded speech ({', '.join(embedded)}) knows English only, not {language[:20]}")


def _provider_of_voice(config: VoiceConfig | SpeechToTextConfig) -> str | None:
    """Whose voice it is, when nobody says; None = that is not known."""
    wanted = config.voice_id if isinstance(config, VoiceConfig) else None
    return next((voice.provider for voice in EMBEDDED_VOICES if voice.voice_id == wanted), None)
