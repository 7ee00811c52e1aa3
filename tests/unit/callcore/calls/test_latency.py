import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.latency import Hold, ReportedTurn, TurnLatency, call_metrics, figures, percentile, summary


def turn(turn_id: int, first_audio: int, llm_ttft: int | None = 200) -> ReportedTurn:
    return ReportedTurn(
        turn_id, TurnLatency(500, llm_ttft, 250, 100, first_audio), transcription_delay=90, endpointing_wait=480
    )


def test_a_call_says_how_long_its_caller_waited_and_for_what() -> None:
    metrics = call_metrics([turn(1, 800), turn(2, 900, None)], [Hold(120, 400, None)])
    assert metrics["utterance_latency"] == {"avg": 850, "p50": 800, "p95": 900}
    assert metrics["turns"][0] == {
        "turn_id": 1,
        "transcription_delay": 90,
        "endpointing_wait": 480,
        "endpointing_delay": 500,
        "llm_ttft": 200,
        "first_segment": 250,
        "tts_ttfb": 100,
        "first_audio": 800,
    }
    assert metrics["holds"] == [{"hold_onset": 120, "hold_duration": 400, "cut_latency": None}]
    assert figures(metrics, "first_audio") == [800, 900]
    assert figures(metrics, "llm_ttft") == [200]


def test_without_an_answer_there_is_no_latency() -> None:
    assert call_metrics([], []) == {"turns": [], "holds": [], "spoken": []}
    assert figures({}, "first_audio") == []


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.95, 95), (0.99, 99), (1.0, 100)]
)
def test_percentiles_are_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


@given(st.lists(st.integers(-100, 10_000), min_size=1))
def test_a_summary_lies_within_its_values(values: list[int]) -> None:
    found = summary(values)
    assert min(values) <= found["p50"] <= found["p95"] <= max(values)
    assert min(values) <= found["avg"] <= max(values)
