"""Models that an agent names although they end, or have ended."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from callcore.agents.agent import AgentConfig, LlmConfig, SpeechToTextConfig, VoiceConfig
from callcore.billing.allowance import day_of
from callcore.billing.rate_card import RateCard
from callcore.calls.usage import Component, Service

Served = LlmConfig | VoiceConfig | SpeechToTextConfig
NOTICE = timedelta(days=90)
"""How long before the end its owner is warned."""


def chains_of(config: AgentConfig) -> Mapping[tuple[str, Component], Sequence[Served]]:
    """Who serves each part of an agent, and who when that one fails, by the part's field and what it does."""
    return {
        ("llm", Component.LLM): config.llm.chain(),
        ("voice", Component.TTS): config.voice.chain(),
        ("speech_to_text", Component.STT): config.speech_to_text.chain(),
    }


def shutdown_warnings(config: AgentConfig, card: RateCard, now: float) -> Sequence[str]:
    """A sentence for each, fallbacks too; `now` is unix seconds."""
    return [
        warning
        for (name, component), parts in chains_of(config).items()
        for part in parts
        if (warning := _warning(name, card, component, Service(part.provider or "", part.model or ""), day_of(now)))
    ]


def _warning(name: str, card: RateCard, component: Component, service: Service, today: date) -> str:
    end = card.shutdown(component, service)
    if end is None or today < end.on - NOTICE:
        return ""
    what = (service.model if end.named.model else service.provider)[:64]
    return f"{name}: {what} {'was' if end.on <= today else 'will be'} shut down on {end.on} ({end.source})"
