"""What words mean over agent speech."""

import pytest

from media_worker.conversation.interruption import Meaning, is_firm, meaning, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Meaning.NOTHING),
        ("...", Meaning.NOTHING),
        ("mm-hm", Meaning.BACKCHANNEL),
        ("Mmmmm", Meaning.BACKCHANNEL),
        ("uh-huh", Meaning.BACKCHANNEL),
        ("Okay. Yeah!", Meaning.BACKCHANNEL),
        ("got it", Meaning.BACKCHANNEL),
        ("um", Meaning.BACKCHANNEL),
        ("yeah yeah yeah okay", Meaning.BACKCHANNEL),
        ("yes but", Meaning.SUBSTANTIVE),
        ("stop", Meaning.SUBSTANTIVE),
        ("no", Meaning.SUBSTANTIVE),
        ("wait okay", Meaning.SUBSTANTIVE),
        ("book a table", Meaning.SUBSTANTIVE),
        ("got it wrong", Meaning.SUBSTANTIVE),
        ("ok ok ok ok ok", Meaning.SUBSTANTIVE),
        ("[unintelligible]", Meaning.SUBSTANTIVE),
    ],
)
def test_meaning(text: str, expected: Meaning) -> None:
    assert meaning(text) is expected


@pytest.mark.parametrize(
    ("partial", "firm"),
    [("i", False), ("okay a", False), ("okay book a", True), ("what are", True), ("stop", True), ("yeah wait", True)],
)
def test_a_partial_is_firm_when_it_cannot_become_a_backchannel(partial: str, firm: bool) -> None:
    assert is_firm(partial) is firm


def test_normalise_folds_case_marks_and_stretches() -> None:
    assert normalise("  Whaaaat,  THE — uh-huh?! ") == "whaat the uhhuh"
