"""Short words: when they answer, when they only agree, and when they are nothing (conversation.md 4.3)."""

import pytest

from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.words.agent_words import AgentWords
from media_worker.conversation.words.backchannels import vocabulary
from tests.unit.media_worker.conversation.screenplay import Stage, TimedEvent, greeted, said

TABLE = "Shall I book a table?"
TIME = "At what time?"
HOURS = "We are open from nine to nine."


def asked(*texts: str) -> list[TimedEvent]:
    """A question of the user at 2 s; the answer sounds from 4 s, a new text every two seconds."""
    heard = [" ".join(texts[: count + 1]) for count in range(len(texts))]
    return [
        *greeted(),
        *said(2.0, 3.0, "what are your opening hours"),
        (4.0, did.PlayoutStarted(1)),
        *((4.0 + 2 * count, did.AgentSaid(1, text)) for count, text in enumerate(heard)),
    ]


def over(text: str, start: float, *agent: str, policy: TurnPolicy | None = None) -> str:
    """What is done about a short word over the agent's answer."""
    script = sorted([*asked(*agent), *said(start, start + 0.4, text)], key=lambda timed: timed[0])
    return Stage(policy).play(*script, until=start + 1.5).letters.removeprefix("YFUS")


@pytest.mark.parametrize(
    ("text", "start", "agent", "expected"),
    [
        ("yes", 5.0, (TABLE,), "PFCUS"),
        ("okay", 5.0, (TIME,), "PFCUS"),
        ("mm-hm", 5.0, (TABLE,), "PFCUS"),
        ("mm-hm", 5.0, (TIME,), "PFR"),
        ("yes", 5.0, (HOURS,), "PFR"),
        ("yes", 6.5, (TABLE, HOURS), "PFCUS"),
        ("yes", 7.8, (TABLE, HOURS), "PFR"),
        ("yes", 4.5, (f"{HOURS} {HOURS} {HOURS} {TABLE}",), "PFR"),
    ],
)
def test_over_a_question(text: str, start: float, agent: tuple[str, ...], expected: str) -> None:
    assert over(text, start, *agent) == expected


@pytest.mark.parametrize(
    ("question", "text", "answered"),
    [
        (TABLE, "mm-hm", True),
        (TIME, "mm-hm", False),
        (HOURS, "mm-hm", False),
        (TIME, "um", False),
        (HOURS, "okay", True),
        (TIME, "seven", True),
    ],
)
def test_after_the_agent(question: str, text: str, answered: bool) -> None:
    script = [*asked(question), (6.0, did.ReplyEnded(1, False)), (6.5, did.PlayoutDrained(1)), *said(7.0, 7.4, text)]
    stage = Stage().play(*script, until=20.0)
    assert (stage.texts(do.CommitUser)[1:] == [text]) is answered
    assert len(stage.times(do.StartReply)) == 1 + answered


def test_provisional_words_interrupt_only_after_enough_speech() -> None:
    policy = TurnPolicy(greeting="Hello.", min_speech_ms=800)
    stage = Stage(policy).play(*asked(HOURS), *said(5.0, 6.5, "book a table"), until=8.0)
    assert stage.times(do.CutReply) == [5.8]
    stopped = Stage(policy).play(*asked(HOURS), *said(5.0, 6.5, "stop it"), until=8.0)
    assert stopped.times(do.CutReply) == [5.3]


def test_firm_words_that_turn_into_agreement_do_not_interrupt() -> None:
    policy = TurnPolicy(greeting="Hello.", min_speech_ms=800)
    script: list[TimedEvent] = [
        *asked(HOURS),
        (5.1, did.SpeechStarted()),
        (5.3, did.PartialHeard("yellow car")),
        (5.5, did.PartialHeard("yeah okay")),
        (6.1, did.SpeechEnded(6.0, 1000)),
        (6.2, did.FinalHeard("yeah okay")),
    ]
    assert Stage(policy).play(*script, until=8.0).letters == "YFUSPFR"


def test_words_of_an_agents_own_lists() -> None:
    policy = TurnPolicy(greeting="Hello.", vocabulary=vocabulary("en", ("roger that",), ("enough",)))
    assert over("roger that", 6.0, HOURS, policy=policy) == "PFR"
    assert over("enough", 6.0, HOURS, policy=policy) == "PCFUS"


def test_what_a_stale_reply_says_is_not_heard() -> None:
    stage = Stage().play(*asked(HOURS), (5.0, did.AgentSaid(0, TABLE)), *said(5.1, 5.5, "yes"), until=8.0)
    assert stage.letters == "YFUSPFR"


def test_the_agents_words_by_sentence() -> None:
    words = AgentWords()
    assert (words.sentence, words.question_at(0.0)) == ("", "")
    words.said(1, f"{HOURS} {TABLE}", 10.0)
    assert words.sentence == TABLE
    assert words.question_at(10.5) == ""
    assert words.question_at(12.0) == TABLE
    words.said(1, f"{HOURS} {TABLE} {HOURS}", 14.0)
    assert words.began_at == 10.0
    assert words.question_at(15.0) == f"{HOURS} {TABLE}"
    assert words.question_at(16.0) == ""
    words.said(2, TIME, 20.0)
    assert (words.sentence, words.began_at) == (TIME, 20.0)
