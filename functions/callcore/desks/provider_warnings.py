"""Providers that an agent names and that nobody here is, so that another one would serve."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from callcore.accounts.account import Account
from callcore.agents.agent import AgentConfig
from callcore.agents.providers import HEARING, SCRIPTED, SPEAKING, THINKING
from callcore.billing.rate_card import RateCard
from callcore.billing.shutdowns import chains_of
from callcore.calls.usage import Component, Service
from callcore.errors import NotFound, StoreError
from callcore.ports import BlobStore
from callcore.voices import EMBEDDED_VOICES, read_catalogue

KNOWN: Mapping[Component, Sequence[str]] = {
    Component.STT: HEARING,
    Component.LLM: THINKING,
    Component.TTS: SPEAKING,
}
Speaking = Callable[[], Collection[str] | None]
"""Whose voices can be had; None: that is not known. Asked only when it matters."""


def provider_warnings(config: AgentConfig, card: RateCard, speaking: Speaking) -> Iterator[str]:
    """A sentence for each, fallbacks too; of a provider that has ended others tell (callcore.billing.shutdowns)."""
    for (name, component), parts in chains_of(config).items():
        for depth, part in enumerate(parts):
            provider = part.provider or SCRIPTED
            where = f"{name}{'.fallback' * depth}.provider"
            if provider == SCRIPTED or card.shutdown(component, Service(provider)):
                continue
            if provider not in KNOWN[component]:
                yield f"{where}: no provider of that name is known; there are {', '.join(KNOWN[component])}"
            elif component is Component.TTS and not _may_speak(provider, speaking):
                yield f"{where}: {provider} is not set up here; another voice serves"


def speaking_providers(blobs: BlobStore, account: Callable[[], Account]) -> Collection[str] | None:
    """Those whose voices the workers list, and those that the account has keys of its own for.

    None also when the stores cannot say: the agent is saved, and nothing is said of its voice.
    """
    try:
        own, voices = account().vendor_keys, read_catalogue(blobs)
    except (NotFound, StoreError, ValueError, TypeError):
        return None
    return {*own, *(voice.provider for voice in voices)}


def _may_speak(provider: str, speaking: Speaking) -> bool:
    if any(voice.provider == provider for voice in EMBEDDED_VOICES):
        return True
    known = speaking()
    return known is None or provider in known
