"""A phrase of the script is over when no longer one begins with it."""

import pytest

from callcore.agents.script import Intent, Script
from media_worker.conversation.words.script_phrases import Parse, ScriptPhrases

SCRIPT = Script(
    intents=(
        Intent(phrases=("what are your opening hours", "when are you open"), answer="Nine to five."),
        Intent(
            phrases=("book a table", "book a table for {party}", "book a table for {party} at {time}"), answer="Done."
        ),
        Intent(phrases=("call {city} now",), answer="Calling."),
    ),
    slots={
        "party": ("one", "two", "twenty", "twenty one"),
        "time": ("six", "six thirty"),
        "city": ("new york", "york"),
    },
    end=("goodbye",),
    handoff=("talk to a person",),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what are your opening hours", Parse.COMPLETE),
        ("um can you What are your opening hours?", Parse.COMPLETE),
        ("what are your opening hours please", Parse.COMPLETE),
        ("goodbye", Parse.COMPLETE),
        ("I want to talk to a person", Parse.COMPLETE),
        ("book a table", Parse.EXTENDABLE),
        ("book a table please", Parse.COMPLETE),
        ("book a table for two", Parse.EXTENDABLE),
        ("book a table for two thank you", Parse.COMPLETE),
        ("book a table for two at six", Parse.EXTENDABLE),
        ("book a table for twenty one at six thirty", Parse.COMPLETE),
        ("call new york now", Parse.COMPLETE),
        ("call york now", Parse.COMPLETE),
        ("call new", Parse.INCOMPLETE),
        ("call new york", Parse.INCOMPLETE),
        ("book a table for", Parse.INCOMPLETE),
        ("book a table for three", Parse.UNKNOWN),
        ("what are", Parse.INCOMPLETE),
        ("please", Parse.UNKNOWN),
        ("mm-hm", Parse.UNKNOWN),
        ("", Parse.UNKNOWN),
    ],
)
def test_parse(text: str, expected: Parse) -> None:
    assert ScriptPhrases(SCRIPT).parse(text) is expected


def test_a_script_without_phrases_knows_nothing() -> None:
    assert ScriptPhrases(Script()).parse("hello") is Parse.UNKNOWN
