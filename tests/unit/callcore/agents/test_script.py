from typing import Any

import pytest
from pydantic import ValidationError

from callcore.agents.script import MAX_PHRASES, Script

RESTAURANT = {
    "intents": [
        {"phrases": ["what are your opening hours", "when are you open"], "answer": "Nine to five, {userName}."},
        {"phrases": ["book a table for {party} at {time}"], "tool": "book_table", "answer": "{party} at {time}."},
    ],
    "slots": {"party": ["one", "two"], "time": ["six", "seven"]},
    "fallback": "I did not catch that.",
    "end": ["goodbye", "bye"],
    "handoff": ["talk to a person"],
}


def test_the_script_of_the_design_is_understood() -> None:
    script = Script.model_validate(RESTAURANT)
    assert script.intents[1].tool == "book_table"
    assert script.slots["party"] == ("one", "two")
    assert not script.model_extra


def test_an_empty_script_still_answers() -> None:
    script = Script()
    assert script.fallback
    assert script.end_answer


def phrase(text: str) -> dict[str, Any]:
    return {"intents": [{"phrases": [text]}], "slots": {"party": ["one"]}}


@pytest.mark.parametrize("text", ["{party}", "{party} {party}", "table for {party}", "ça va", "4 7"])
def test_phrases_that_can_be_heard(text: str) -> None:
    assert Script.model_validate(phrase(text))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (phrase("for {nobody}"), "intents.0.phrases.0 names a slot that is not in slots"),
        (phrase("for {<party>}"), "intents.0.phrases.0 holds a brace that is no slot"),
        (phrase("for {party"), "intents.0.phrases.0 holds a brace that is no slot"),
        (phrase("?!"), "intents.0.phrases.0 holds no word"),
        ({"handoff": ["ok", "..."]}, "handoff.1 holds no word"),
        (phrase(""), "at least 1 character"),
        (phrase("a" * 201), "at most 200 characters"),
        ({"intents": [{"answer": "x"}]}, "Field required"),
        ({"slots": {"party": []}}, "at least 1 item"),
        ({"slots": {"party": ["-"]}}, "a slot's value holds no word"),
        ({"slots": {"two words": ["a"]}}, "match pattern"),
        ({"slots": {"party": ["a"] * 201}}, "at most 200 items"),
        ({"intents": [{"phrases": ["a"] * 100}] * 11}, f"more than {MAX_PHRASES} phrases in all"),
        ({"intents": [{"phrases": ["a"]}] * 201}, "at most 200 items"),
        ({"fallback": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_what_no_recogniser_could_listen_for_is_refused(script: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Script.model_validate(script)
    assert reason in caught.value.errors()[0]["msg"]
