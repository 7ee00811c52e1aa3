"""What calls cost, by the prices of the platform's page and by others."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.billing.pricing import Bill, CostLine, total_credit
from callcore.billing.rate_card import rate_card
from callcore.calls.usage import Component, Service, Unit, UsageLine

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
GPT_4O, ELEVENLABS = Service("openai", "gpt-4o"), Service("elevenlabs")
MILLIS, DEEPGRAM = Service("millis"), Service("deepgram")
MINUTE = 60_000
TEN_MINUTES = (
    UsageLine(Unit.CALL_MS, 10 * MINUTE, service=MILLIS),
    UsageLine(Unit.LLM_REQUESTS, 20, service=GPT_4O),
    UsageLine(Unit.LLM_PROMPT_CHARACTERS, 60_000, service=GPT_4O),
    UsageLine(Unit.LLM_REPLY_CHARACTERS, 4_000, service=GPT_4O),
    UsageLine(Unit.TTS_CHARACTERS, 4_000, service=ELEVENLABS),
    UsageLine(Unit.STT_SPEECH_MS, 5 * MINUTE, service=DEEPGRAM),
    UsageLine(Unit.STT_STREAM_MS, 10 * MINUTE, service=DEEPGRAM),
)
"""The example of the platform's page: GPT-4o and ElevenLabs, each side speaks for five minutes."""


def cost(usage: Sequence[UsageLine], at: float = NOW, discount: Decimal = Decimal(0)) -> tuple[CostLine, ...]:
    return Bill(rate_card(), at, discount).lines(usage)


def test_the_example_of_the_page_costs_what_the_page_says() -> None:
    lines = cost(TEN_MINUTES)
    credits = {line.to_wire()["type"]: line.credit for line in lines}
    assert credits == {"millis": Decimal(20), "llm": Decimal(4), "tts": Decimal(60), "stt": Decimal("2.15")}
    assert total_credit(lines) == Decimal("86.15")


def test_a_line_says_what_was_counted_and_at_what_price() -> None:
    assert [line.to_wire() for line in cost(TEN_MINUTES)] == [
        {"type": "millis", "provider": "millis", "credit": 20.0, "model": "", "quantity": 10.0, "unit": "minutes"}
        | {"rate": "0.02/min", "basis": "minutes"},
        {"type": "llm", "provider": "openai", "credit": 4.0, "model": "gpt-4o", "quantity": 10.0, "unit": "minutes"}
        | {"rate": "0.004/min", "basis": "minutes"},
        {"type": "tts", "provider": "elevenlabs", "credit": 60.0, "model": "", "quantity": 4000.0}
        | {"unit": "characters", "rate": "0.15/1000", "basis": "characters"},
        {"type": "stt", "provider": "deepgram", "credit": 2.15, "model": "", "quantity": 5.0, "unit": "minutes"}
        | {"rate": "0.0043/min", "basis": "minutes"},
    ]


def test_what_an_account_pays_its_vendor_itself_is_counted_and_costs_nothing() -> None:
    own = frozenset({(Component.LLM, "openai"), (Component.STT, "elevenlabs")})
    lines = Bill(rate_card(), NOW, own=own).lines(TEN_MINUTES)
    assert [(line.component, line.credit) for line in lines] == [
        (Component.CALL, Decimal(20)),
        (Component.LLM, Decimal(0)),
        (Component.TTS, Decimal(60)),
        (Component.STT, Decimal("2.15")),
    ]
    assert (lines[1].rate, lines[1].quantity, lines[1].basis) == ("own key", Decimal(10), "minutes")


@pytest.mark.parametrize(
    ("model", "cents_a_minute"),
    [("gpt-4o", "0.4"), ("gpt-4-turbo", "0.8"), ("gpt-3.5-turbo", "0.04"), ("llama-3-70b", "0.018")],
)
def test_the_minutes_of_the_page(model: str, cents_a_minute: str) -> None:
    service = Service("openai", model)
    usage = (UsageLine(Unit.CALL_MS, MINUTE), UsageLine(Unit.LLM_REQUESTS, 1, service=service))
    assert cost(usage)[1].credit == Decimal(cents_a_minute)


def test_tokens_that_the_vendor_told_are_what_is_paid_and_cut_replies_are_estimated() -> None:
    told = [
        UsageLine(Unit.LLM_PROMPT_TOKENS, 100_000, service=GPT_4O),
        UsageLine(Unit.LLM_COMPLETION_TOKENS, 10_000, service=GPT_4O),
    ]
    (line,) = cost(told)
    assert (line.credit, line.basis, line.tokens) == (Decimal(65), "tokens", (100_000, 10_000))
    assert line.to_wire()["prompt_tokens"] == 100_000
    (line,) = cost([*told, UsageLine(Unit.LLM_REPLY_CHARACTERS, 4_000, service=GPT_4O)])
    assert (line.credit, line.basis, line.tokens) == (Decimal("66.5"), "tokens and characters", (100_000, 11_000))


def test_two_models_share_the_minutes_by_their_requests() -> None:
    usage = (
        UsageLine(Unit.CALL_MS, 10 * MINUTE, service=MILLIS),
        UsageLine(Unit.LLM_REQUESTS, 3, service=GPT_4O),
        UsageLine(Unit.LLM_REQUESTS, 1, service=Service("openai", "gpt-4-turbo-2024-04-09")),
    )
    assert [line.credit for line in cost(usage)[1:]] == [Decimal(3), Decimal(2)]


def test_what_is_discarded_what_is_ours_and_what_is_the_customers_costs_nothing() -> None:
    usage = (
        UsageLine(Unit.TTS_CHARACTERS, 500, discarded=True, service=ELEVENLABS),
        UsageLine(Unit.TTS_CHARACTERS, 500, service=Service("flite")),
        UsageLine(Unit.CALL_MS, MINUTE, service=MILLIS),
        UsageLine(Unit.LLM_REQUESTS, 5, service=Service("custom")),
        UsageLine(Unit.STT_SPEECH_MS, MINUTE, service=Service("pocketsphinx")),
    )
    assert {line.service.provider: line.credit for line in cost(usage)} == {
        "millis": 2,
        "custom": 0,
        "flite": 0,
        "pocketsphinx": 0,
    }


def test_a_service_that_the_card_does_not_know_stands_in_the_bill() -> None:
    unknown = [UsageLine(Unit.LLM_REQUESTS, 5, service=Service("x", "y")), UsageLine(Unit.TTS_CHARACTERS, 5)]
    assert [(int(line.credit), line.basis, int(line.quantity)) for line in cost(unknown)] == [
        (0, "unpriced", 0),
        (0, "unpriced", 5),
    ]


def test_a_call_has_the_prices_of_its_day() -> None:
    usage = [UsageLine(Unit.TTS_CHARACTERS, 1000, service=Service("elevenlabs", "eleven_flash_v2_5"))]
    days = [datetime(2026, month, 1, tzinfo=UTC).timestamp() for month in (4, 6, 12)]
    assert [cost(usage, day)[0].credit for day in days] == [15, 5, 4]


@pytest.mark.parametrize(
    ("service", "price"),
    [
        (Service("openai", "gpt-4o-2024-08-06"), "5.00"),
        (Service("openai", "gpt-4o-mini"), "0.15"),
        (Service("openai", "gpt-4o-realtime"), None),
        (Service("groq", "openai/gpt-oss-120b"), "0.15"),
        (Service("together", "meta-llama/Llama-3-8b-chat-hf"), "0.90"),
        (Service("bedrock", "global.anthropic.claude-haiku-5-5"), "0.10"),
        (Service("bedrock", "us.anthropic.claude-haiku-5-5"), "0.11"),
        (Service("bedrock", "us.amazon.nova-micro-v1:0"), "0.035"),
        (Service("bedrock", "us.meta.llama3-3-70b-instruct-v1:0"), "0.72"),
        (Service("custom", "gpt-4o"), "0"),
        (Service("ollama", "gpt-oss-20b"), "0"),
        (Service("script", ""), "0"),
    ],
)
def test_a_model_is_known_by_its_family_and_not_by_its_likeness(service: Service, price: str | None) -> None:
    rate = rate_card().rate(Component.LLM, service, NOW)
    assert (rate.usd["prompt_per_million"] if rate else None) == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("component", "service", "price"),
    [
        (Component.STT, Service("deepgram", "nova-3-general"), "0.0048"),
        (Component.STT, Service("deepgram-flux"), "0.0065"),
        (Component.STT, Service("openai"), "0.017"),
        (Component.STT, Service("openai", "gpt-transcribe"), "0.0045"),
        (Component.STT, Service("assemblyai"), "0.0075"),
        (Component.STT, Service("somebody"), "0.0043"),
        (Component.TTS, Service("deepgram", "aura-2-thalia-en"), "0.030"),
        (Component.TTS, Service("deepgram", "aura-asteria-en"), "0.015"),
        (Component.TTS, Service("polly", "generative"), "0.030"),
        (Component.TTS, Service("rime", "mistv2"), "0.075"),
    ],
)
def test_speech_is_priced_by_vendor_and_model(component: Component, service: Service, price: str) -> None:
    rate = rate_card().rate(component, service, NOW)
    assert rate is not None
    assert next(iter(rate.usd.values())) == Decimal(price)


def test_every_line_of_the_card_is_dated_and_says_who_says_so() -> None:
    for rate in rate_card().rates:
        assert rate.source
        assert rate.since <= datetime(2026, 11, 20, tzinfo=UTC).date(), "a price of the future was not announced"
        assert all(price >= 0 for price in rate.usd.values())
    assert all(ended.source for ended in rate_card().shutdowns)


@given(
    st.lists(
        st.builds(
            UsageLine,
            st.sampled_from(Unit),
            st.integers(0, 10**9),
            st.just(False),
            st.sampled_from((GPT_4O, ELEVENLABS, DEEPGRAM, MILLIS, Service())),
        ),
        max_size=12,
    ),
    st.decimals(0, 100, places=2),
)
def test_a_discount_is_off_every_line_and_nothing_is_lost(usage: list[UsageLine], discount: Decimal) -> None:
    full, less = cost(usage), cost(usage, discount=discount)
    assert all(line.credit >= 0 for line in less)
    assert abs(total_credit(full) * (100 - discount) / 100 - total_credit(less)) < Decimal("0.0001")
    assert {(line.component, line.service) for line in full} == {
        (line.unit.component, line.service) for line in usage if line.unit is not Unit.STT_STREAM_MS
    }
