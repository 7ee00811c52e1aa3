"""Which words are the agent's own."""

import pytest

from media_worker.conversation.words import echo_text
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


@pytest.mark.parametrize(
    ("spoken", "most"),
    [("no i want something else", 5), ("we have a tablet free the weekend shell I look into it", 20)],
    ids=["other words", "the agent's words in another order"],
)
def test_a_monologue_costs_no_more_than_the_agents_words(
    spoken: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    alike = echo_text._alike

    def counting(heard: str, said: str) -> bool:
        nonlocal compared
        compared += 1
        return alike(heard, said)

    monkeypatch.setattr(echo_text, "_alike", counting)
    heard = " ".join([spoken] * 20)
    without_echo(heard, SAID, "en")
    assert compared <= most * len(SAID.split())


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
