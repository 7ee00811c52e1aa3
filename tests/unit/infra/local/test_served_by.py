import pytest

from infra.local.served_by import served_by


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "Heard by pocketsphinx, answered by script, spoken by flite, all on this machine."),
        ({"GROQ_API_KEY": "k"}, "Heard by pocketsphinx, answered by groq, spoken by flite."),
        (
            {"DEEPGRAM_API_KEY": "k", "OPENAI_API_KEY": "k", "ELEVENLABS_API_KEY": "k"},
            "Heard by deepgram, answered by openai, spoken by elevenlabs.",
        ),
    ],
)
def test_who_serves(environment: dict[str, str], told: str) -> None:
    assert served_by(environment) == told
