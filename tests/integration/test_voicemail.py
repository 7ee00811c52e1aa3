"""A share of tests/bench/voicemail.py: whole sessions with real audio, called by machines and people."""

from functools import cache

import pytest

from tests.bench.voicemail import Answer, answers, taken_for_machine
from tests.peers.people import VOICES

SHARE = 24
"""All that one voice says, the recorded machine, and some recorded people."""


@cache
def share() -> list[Answer]:
    return list(answers(VOICES[:1]))[:SHARE]


@pytest.mark.parametrize("number", range(SHARE))
def test_a_machine_is_hung_up_on_and_a_person_never(number: int) -> None:
    answer = share()[number]
    assert taken_for_machine(answer) is answer.is_machine, answer.said[2]
