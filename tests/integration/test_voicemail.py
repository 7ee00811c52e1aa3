"""A share of tests/bench/voicemail.py: whole sessions with real audio, called by machines and people."""

import pytest

from tests.bench.voicemail import Answer, answers, taken_for_machine
from tests.peers.people import VOICES

SHARE = list(answers(VOICES[:1]))[:24]


@pytest.mark.parametrize("answer", SHARE, ids=[answer.said[2][:30] for answer in SHARE])
def test_a_machine_is_hung_up_on_and_a_person_never(answer: Answer) -> None:
    assert taken_for_machine(answer) is answer.is_machine
