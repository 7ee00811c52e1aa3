from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from callcore.agents.agent import parse_config
from callcore.billing.rate_card import rate_card
from callcore.billing.shutdowns import shutdown_warnings


def warnings(config: dict[str, Any], day: str) -> Sequence[str]:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return shutdown_warnings(parse_config(config), rate_card(), now)


@pytest.mark.parametrize(
    ("model", "day", "said"),
    [
        ("gpt-4-turbo", "2026-11-20", "llm: gpt-4-turbo was shut down on 2026-10-23"),
        ("gpt-3.5-turbo-0125", "2026-11-20", "llm: gpt-3.5-turbo-0125 was shut down on 2026-10-23"),
        ("gpt-4o", "2026-11-20", "llm: gpt-4o will be shut down on 2027-01-14"),
        ("gpt-4o", "2027-01-14", "llm: gpt-4o was shut down on 2027-01-14"),
    ],
)
def test_a_model_that_ends_is_warned_of(model: str, day: str, said: str) -> None:
    (warning,) = warnings({"llm": model}, day)
    assert warning.startswith(said)


def test_what_goes_on_and_what_ends_late_is_not_warned_of() -> None:
    assert warnings({"llm": "gpt-6-luna"}, "2026-11-20") == []
    assert warnings({"llm": "gpt-4o"}, "2026-09-01") == []
    assert warnings({}, "2026-11-20") == []


def test_fallbacks_voices_and_recognisers_too() -> None:
    config = {
        "llm": {"model": "gpt-6-luna", "fallback": {"model": "gpt-4-turbo"}},
        "voice": {"provider": "playht", "voice_id": "x"},
        "speech_to_text": {"provider": "openai", "model": "whisper-1"},
    }
    assert [warning.split(" (")[0] for warning in warnings(config, "2026-12-01")] == [
        "llm: gpt-4-turbo was shut down on 2026-10-23",
        "voice: playht was shut down on 2025-12-31",
        "speech_to_text: whisper-1 will be shut down on 2027-02-26",
    ]
