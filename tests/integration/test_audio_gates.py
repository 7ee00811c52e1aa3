"""A share of the audio gates (tests/bench/audio_gates.py): real audio through the real session, in virtual time."""

import pytest

from tests.bench import audio_gates
from tests.bench.audio_gates import Report


@pytest.fixture
def report() -> Report:
    return Report()


@pytest.mark.parametrize("seed", [None, 6])
def test_no_noise_cuts_the_agent_and_few_hold_it(report: Report, seed: int | None) -> None:
    audio_gates.noise_gate(report, seed)
    assert not report.missed


def test_no_noise_is_words_for_the_embedded_recogniser(report: Report) -> None:
    audio_gates.noise_gate(report, None, embedded=True)
    assert not report.missed


def test_every_interruption_cuts_the_agent_soon(report: Report) -> None:
    audio_gates.interruption_gate(report)
    assert not report.missed


def test_the_agent_never_interrupts_itself(report: Report) -> None:
    audio_gates.echo_gate(report, 5)
    assert not report.missed


def test_a_person_over_the_echo_is_heard(report: Report) -> None:
    audio_gates.person_over_echo_gate(report, 5)
    assert not report.missed


def test_a_turn_ends_when_the_wait_is_over(report: Report) -> None:
    audio_gates.endpoint_gate(report)
    assert not report.missed
