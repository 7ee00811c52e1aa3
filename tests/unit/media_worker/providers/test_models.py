from datetime import date

import pytest

from callcore.calls.usage import Component, Service
from media_worker.providers.models import Found, default_model, find_model, reasoning_effort
from media_worker.providers.registry import ADAPTERS, Kind
from media_worker.session.casting.model_choice import ended_on

ALL = tuple(name for name, listed in ADAPTERS[Kind.LLM].items() if listed.vendor is not None)
OF_THE_PLATFORM = [
    *("gpt-3.5-turbo", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini", "gpt-4.1"),
    *("gpt-4o-realtime-preview", "gpt-4o-mini-realtime-preview", "llama-3-70b", "llama-3-1-8b", "llama-3-1-70b"),
    *("llama-3-1-405b", "mistral-large-2407", "l3.1-70b-euryale-v2.2", "deepseek-v3"),
]


def serving(provider: str, model: str) -> date | None:
    return None


def ended(provider: str, model: str) -> date | None:
    return date(2027, 1, 14)


@pytest.mark.parametrize("name", [None, ""])
def test_who_names_no_model_has_the_choice_made_for_him(name: str | None) -> None:
    assert find_model(name, None, ALL, serving) == Found(None)
    assert find_model(name, "openai", ALL, serving) == Found("openai", default_model("openai"))
    assert find_model(name, "ollama", ALL, serving) == Found("ollama", None)


@pytest.mark.parametrize("name", OF_THE_PLATFORM)
def test_every_name_of_the_platform_is_served_or_replaced_and_told(name: str) -> None:
    found = find_model(name, None, ALL, serving)
    assert found.provider in (*ALL, None)
    assert bool(found.note) == (found.provider is None)
    assert find_model(name, None, (), serving) == Found(None, note=f"the model {name} is not available here")


def test_a_name_is_served_by_whoever_has_it_under_his_own_name() -> None:
    assert find_model("gpt-4o", None, ALL, serving) == Found("openai", "gpt-4o")
    assert find_model("gpt-oss-20b", None, ("together", "groq"), serving) == Found("together", "openai/gpt-oss-20b")
    assert find_model("gpt-oss-20b", "groq", ALL, serving) == Found("groq", "openai/gpt-oss-20b")


def test_a_model_that_ended_is_replaced_by_its_vendors_default() -> None:
    assert find_model("gpt-4o", None, ALL, ended) == Found(
        "openai", default_model("openai"), "the model gpt-4o ended on 2027-01-14"
    )
    assert find_model("mine", "vllm", ALL, ended) == Found("vllm", "mine")


@pytest.mark.parametrize(
    ("name", "available", "found"),
    [
        ("gpt-6.1-terra", ("groq", "openai"), Found("openai", "gpt-6.1-terra")),
        ("gpt-6.1-terra", ("groq",), Found(None, note="the model gpt-6.1-terra is not available here")),
        (
            "us.amazon.nova-micro-v1:0",
            ("openai",),
            Found(None, note="the model us.amazon.nova-micro-v1:0 is not available here"),
        ),
        ("my-own", ("vllm", "ollama"), Found("vllm", "my-own")),
    ],
)
def test_a_name_that_is_not_listed_goes_to_whose_it_looks_like(
    name: str, available: tuple[str, ...], found: Found
) -> None:
    assert find_model(name, None, available, serving) == found


def test_the_rate_card_knows_when_models_end() -> None:
    last_day, next_day = 1_799_884_799.0, 1_799_884_800.0  # around the beginning of 2027-01-14
    assert ended_on(Service("openai", "gpt-4o"), Component.LLM, last_day) is None
    assert ended_on(Service("openai", "gpt-4o"), Component.LLM, next_day) == date(2027, 1, 14)
    assert ended_on(Service("openai", default_model("openai") or ""), Component.LLM, next_day) is None


@pytest.mark.parametrize(
    ("provider", "model", "effort"),
    [
        ("openai", "gpt-6-luna", "none"),
        ("openai", "gpt-6-astra", "low"),
        ("openai", "gpt-4o-mini", None),
        ("groq", "openai/gpt-oss-120b", "low"),
        ("groq", "llama-3.3-70b-versatile", None),
        ("together", "openai/gpt-oss-20b", None),
    ],
)
def test_how_long_a_model_may_think(provider: str, model: str, effort: str | None) -> None:
    assert reasoning_effort(provider, model) == effort
