"""What Deepgram is asked for."""

from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import SpeechToTextConfig
from media_worker.ports.stt import SttRequest
from media_worker.providers.deepgram.stt import MAX_KEYTERM_TOKENS, flux_query, listen_query


def asked(model: str | None = None, *, multilingual: bool = False, **request: Any) -> list[tuple[str, str]]:
    config = SpeechToTextConfig(model=model, multilingual=multilingual)
    return list(listen_query(SttRequest(sample_rate_hz=8_000, config=config, **request)))


def test_the_stream_is_described_and_partials_are_wanted() -> None:
    query = dict(asked(language="de"))
    assert (query["model"], query["language"], query["encoding"], query["sample_rate"]) == (
        "nova-3",
        "de",
        "linear16",
        "8000",
    )
    assert query["interim_results"] == "true"


def test_a_multilingual_agent_hears_every_language() -> None:
    assert dict(asked(multilingual=True, language="de"))["language"] == "multi"


def test_nothing_is_learned_from_a_private_conversation() -> None:
    private = SttRequest(sample_rate_hz=16_000, private=True)
    for query in (listen_query, flux_query):
        assert ("mip_opt_out", "true") in query(private)
        assert "mip_opt_out" not in dict(query(replace(private, private=False)))


WORDS = {"Parley": 2.0, "Ann": None, "table": 5.0}


@pytest.mark.parametrize("model", [None, "nova-3", "nova-3-medical"])
def test_the_vocabulary_of_nova_3_has_no_boosts_and_the_most_boosted_come_first(model: str | None) -> None:
    terms = [pair for pair in asked(model, keywords=WORDS) if pair[0].startswith("key")]
    assert terms == [("keyterm", "table"), ("keyterm", "Parley"), ("keyterm", "Ann")]


def test_the_vocabulary_of_older_models_has_its_boosts() -> None:
    terms = [pair for pair in asked("nova-2-phonecall", keywords=WORDS) if pair[0].startswith("key")]
    assert terms == [("keywords", "Parley:2"), ("keywords", "Ann"), ("keywords", "table:5")]


def test_a_vocabulary_that_would_be_refused_is_cut_and_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    words = {f"word{at:04}": float(-at) for at in range(1_000)}
    terms = [word for name, word in asked(keywords=words) if name == "keyterm"]
    assert terms[0] == "word0000"
    assert sum(-(-len(word) // 3) for word in terms) <= MAX_KEYTERM_TOKENS
    assert "too long" in caplog.text
    assert "word" not in caplog.text


@pytest.mark.parametrize(
    ("language", "multilingual", "model", "hints"),
    [
        ("en-GB", False, "flux-general-en", []),
        ("de", False, "flux-general-multi", ["de"]),
        ("de", True, "flux-general-multi", []),
    ],
)
def test_flux_hears_the_agents_language(language: str, multilingual: bool, model: str, hints: list[str]) -> None:
    config = SpeechToTextConfig(multilingual=multilingual)
    query = flux_query(SttRequest(sample_rate_hz=16_000, language=language, keywords=WORDS, config=config))
    assert dict(query)["model"] == model
    assert [value for name, value in query if name == "language_hint"] == hints
    assert [value for name, value in query if name == "keyterm"] == ["table", "Parley", "Ann"]
