"""What 1,000 minutes of calls cost on AWS: `python -m infra.cost_model` prints the table of guides/deploy.md.

Vendors' prices are those of the rate card. Amazon's were read from third parties in 2026 for us-east-1 (vantage.sh,
wring.co) and are the smaller part; look them up for your region.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from callcore.billing.rate_card import rate_card
from callcore.calls.usage import Component, Service

MINUTES = 1000
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)

# One minute of a call in which both speak in turn.
CHARACTERS_PER_MINUTE = 450
ANSWERS_PER_MINUTE = 4
PROMPT_TOKENS = 1200
ANSWER_TOKENS = 60

# us-east-1, one ARM processor and 2 GB, with a public address.
WORKER_PER_HOUR = Decimal("0.0395") + Decimal("0.005")
CALLS_PER_WORKER = 20
"""Half of the slots (infra/workers.yaml grows the service there)."""


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    counted: str
    usd: Decimal


def lines() -> Iterator[Line]:
    """Every row. Raises LookupError when the rate card does not know a service."""
    worker = WORKER_PER_HOUR / 60 / CALLS_PER_WORKER * MINUTES
    yield Line("worker on Fargate, 1 processor ARM", f"{CALLS_PER_WORKER} calls on each", worker)
    for provider, model in (("deepgram", "nova-3"), ("openai", "gpt-live-transcribe")):
        usd = _price(Component.STT, provider, model)
        yield Line(f"hearing: {provider} {model}", f"{MINUTES:,} minutes", usd["per_minute"] * MINUTES)
    prompt, answer = (
        MINUTES * ANSWERS_PER_MINUTE * PROMPT_TOKENS,
        MINUTES * ANSWERS_PER_MINUTE * ANSWER_TOKENS,
    )
    for provider, model in (
        ("openai", "gpt-6-luna"),
        ("groq", "openai/gpt-oss-20b"),
        ("bedrock", "global.anthropic.claude-haiku-5-5"),
    ):
        usd = _price(Component.LLM, provider, model)
        cost = (usd["prompt_per_million"] * prompt + usd["completion_per_million"] * answer) / 1_000_000
        tokens = f"{prompt / 1e6:.1f} million tokens in, {answer / 1e6:.2f} out"
        yield Line(f"thinking: {provider} {model.rpartition('/')[2]}", tokens, cost)
    for provider, model in (
        ("polly", "neural"),
        ("deepgram", "aura-2-thalia-en"),
        ("elevenlabs", "eleven_flash_v2_5"),
        ("cartesia", "sonic-3"),
    ):
        usd = _price(Component.TTS, provider, model)
        thousands = MINUTES * CHARACTERS_PER_MINUTE // 1000
        yield Line(
            f"speaking: {provider} {model}", f"{thousands},000 characters", usd["per_1000_characters"] * thousands
        )


def _price(component: Component, provider: str, model: str) -> Mapping[str, Decimal]:
    rate = rate_card().rate(component, Service(provider, model), AS_OF.timestamp())
    if rate is None:
        raise LookupError(f"the rate card does not know {provider} {model}")
    return rate.usd


def table() -> str:
    """As guides/deploy.md has it."""
    rows = [f"| {line.what} | {line.counted} | {line.usd:.2f} $ |" for line in lines()]
    return "\n".join(["| 1,000 minutes of | counted | cost |", "|---|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
