"""Which words are the agent's own."""

import pytest

from media_worker.conversation.words.agent_words import SECONDS_PER_CHARACTER, AgentWords
from media_worker.conversation.words.echo_text import without_echo

SAID = "We have a table free on the weekend. Shall I book it for you?"


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("a table free on the weekend", ""),
        ("table three on the weekend", ""),
        ("free on the weekend no the weekend after", "no the weekend after"),
        ("free on the weekend, No, the weekend after!", "No, the weekend after!"),
        ("weekend", "weekend"),
        ("no i want something else", "no i want something else"),
        ("what about the weekend after", "what about the weekend after"),
        ("table free on the weekend but not on saturday for me", "but not on saturday for me"),
        ("", ""),
    ],
)
def test_the_agents_words_are_taken_from_the_beginning(heard: str, left: str) -> None:
    assert without_echo(heard, SAID, "en") == left


def test_digits_that_are_read_back_stay() -> None:
    said = "Your code is zero four one seven, is that right?"
    assert without_echo("zero four one seven", said, "en") == "zero four one seven"
    assert without_echo("zero four one", said, "en") == "zero four one"
    assert without_echo("your code is", said, "en") == ""


def test_what_was_said_just_before_is_remembered_while_it_can_come_back() -> None:
    agent = AgentWords()
    agent.said(1, "We are open.", 10.0)
    agent.said(1, "We are open. Anything else?", 11.0)
    assert agent.sounding(10.0) == "We are open. Anything else?"
    assert agent.sounding(10.0 + len("We are open.") * SECONDS_PER_CHARACTER + 0.1) == "Anything else?"
