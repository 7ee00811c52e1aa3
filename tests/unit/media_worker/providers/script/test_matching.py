"""What the user wants, found in a script."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from callcore.agents.script import Intent, Script
from media_worker.providers.script.matching import Match, Wish, match, normalise

HOURS = Intent(phrases=("what are your opening hours", "when are you open"), answer="Nine to five.")
BOOK = Intent(phrases=("book a table for {party} at {time}", "a table for {party}"), answer="For {party} at {time}.")
SCRIPT = Script(
    intents=(HOURS, BOOK),
    slots={"party": ("one", "two", "twenty two"), "time": ("six", "Half past six")},
    end=("goodbye", "bye bye"),
    handoff=("talk to a person",),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what are your opening hours", Match(Wish.INTENT, HOURS)),
        ("Hi! When are you open, please?", Match(Wish.INTENT, HOURS)),
        ("book a table for 2 at six", Match(Wish.INTENT, BOOK, {"party": "two", "time": "six"})),
        ("A table for twenty two.", Match(Wish.INTENT, BOOK, {"party": "twenty two"})),
        ("book a table for one at half past six", Match(Wish.INTENT, BOOK, {"party": "one", "time": "Half past six"})),
        ("Goodbye.", Match(Wish.END)),
        ("I said goodbye to her", Match(Wish.UNKNOWN)),
        ("ok bye bye then", Match(Wish.END)),
        ("can I talk to a person", Match(Wish.HANDOFF)),
        ("book a table for nine at six", Match(Wish.UNKNOWN)),
        ("what are your opening hoursing", Match(Wish.UNKNOWN)),
        ("", Match(Wish.UNKNOWN)),
        ("[unintelligible]", Match(Wish.UNKNOWN)),
    ],
)
def test_what_was_said_is_found(text: str, expected: Match) -> None:
    assert match(SCRIPT, text) == expected


def test_of_two_wishes_the_later_one_counts() -> None:
    assert match(SCRIPT, "when are you open no wait talk to a person").wish is Wish.HANDOFF


def test_of_two_phrases_that_end_together_the_longer_one_counts() -> None:
    longer = Intent(phrases=("please book a table for {party}",), answer="Yes.")
    script = SCRIPT.model_copy(update={"intents": (BOOK, longer)})
    assert match(script, "so please book a table for two").intent is longer


def test_normalise() -> None:
    assert normalise("  It’s 7 o'clock — NOW! ") == "it's seven o'clock now"


@given(st.text(max_size=80))
def test_any_text_is_looked_up_without_failing(text: str) -> None:
    assert match(SCRIPT, text).wish in Wish


@given(st.sampled_from(["two", "twenty two", "one"]), st.text(alphabet="xyz ", max_size=10))
def test_slots_are_found_whatever_stands_around(value: str, noise: str) -> None:
    assert match(SCRIPT, f"{noise} a table for {value} {noise}").slots == {"party": value}
