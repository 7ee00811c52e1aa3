"""What we can serve has a price: a spend limit holds only for what is charged."""

from datetime import UTC, datetime

import pytest

from callcore.billing.rate_card import rate_card
from callcore.calls.usage import Component, Service
from media_worker.providers.models import _table, default_model
from media_worker.providers.registry import ADAPTERS, Kind

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
MODELS = sorted({(provider, model) for served in _table().names.values() for provider, model in served.items()})
SPEECH = [(kind, name) for kind in (Kind.STT, Kind.TTS) for name in ADAPTERS[kind]]


def is_priced(component: Component, service: Service) -> bool:
    return rate_card().rate(component, service, NOW) is not None


@pytest.mark.parametrize(("provider", "model"), MODELS)
def test_every_model_that_is_known_by_name(provider: str, model: str) -> None:
    assert is_priced(Component.LLM, Service(provider, model))


@pytest.mark.parametrize("provider", ADAPTERS[Kind.LLM])
def test_every_model_that_serves_for_want_of_a_name(provider: str) -> None:
    assert is_priced(Component.LLM, Service(provider, default_model(provider) or ""))


@pytest.mark.parametrize(("kind", "name"), SPEECH)
def test_every_voice_and_every_recogniser(kind: Kind, name: str) -> None:
    assert is_priced(Component(kind.value), Service(name))
