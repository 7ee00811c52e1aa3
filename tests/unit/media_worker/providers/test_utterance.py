"""One Final for every flush, whatever the vendor says and when."""

from hypothesis import given
from hypothesis import strategies as st

from media_worker.ports.stt import Final, Partial, Transcript
from media_worker.providers.utterance import ANSWER_S, NEAR_S, Utterance


def finals(transcripts: list[Transcript]) -> list[tuple[str, float | None]]:
    return [(said.text, said.until_s) for said in transcripts if isinstance(said, Final)]


def test_text_that_stays_and_text_that_may_change_are_one_partial() -> None:
    utterance = Utterance()
    assert utterance.suppose("book", 0.5) == [Partial("book")]
    assert utterance.fix("book a", 1.0) == [Partial("book a")]
    assert utterance.suppose("table", 1.5) == [Partial("book a table")]
    assert utterance.suppose("table", 1.7) == [], "nothing new"
    assert utterance.suppose("cable", 1.9) == [Partial("book a cable")]


def test_an_end_that_nobody_asked_for_is_a_final_once() -> None:
    utterance = Utterance()
    utterance.fix("book a table", 1.2)
    assert finals(utterance.end(1.4)) == [("book a table", 1.4)]
    assert utterance.end(2.5) == []


def test_an_end_answers_the_flush_that_meant_it_and_the_late_answer_says_nothing() -> None:
    utterance = Utterance()
    utterance.fix("book a table", 1.2)
    assert utterance.flush(1.3, now=0.0) == []
    assert finals(utterance.end(1.2)) == [("book a table", 1.3)]
    assert utterance.answered() == []


def test_an_end_far_before_the_flush_is_a_pause() -> None:
    utterance = Utterance()
    utterance.fix("book", 0.5)
    utterance.flush(2.0, now=0.0)
    assert utterance.end(0.5) == []
    utterance.fix("a table", 1.9)
    assert finals(utterance.answered()) == [("book a table", 2.0)]


def test_a_flush_right_after_an_end_has_its_final_at_once() -> None:
    utterance = Utterance()
    utterance.fix("yes", 0.9)
    utterance.end(1.0)
    assert finals(utterance.flush(1.0 + NEAR_S, now=0.0)) == [("", 1.0 + NEAR_S)]
    assert utterance.flush(1.8, now=0.0) == [], "a word may have been said since"


def test_the_vendor_that_says_nothing_is_not_waited_for_and_what_it_did_not_hear_is_not_told() -> None:
    utterance = Utterance()
    utterance.suppose("book a", 0.8)
    utterance.flush(2.0, now=10.0)
    assert utterance.next_deadline() == 10.0 + ANSWER_S
    assert utterance.handle_deadline(10.0 + ANSWER_S - 0.1) == []
    assert finals(utterance.handle_deadline(10.0 + ANSWER_S)) == [("book a", 0.8)]
    assert utterance.next_deadline() is None


def test_words_that_come_after_all_are_told() -> None:
    utterance = Utterance()
    utterance.flush(1.0, now=0.0)
    utterance.handle_deadline(ANSWER_S)
    utterance.fix("book", 0.9)
    assert finals(utterance.answered()) == [("book", 0.9)]


def say(utterance: Utterance, step: str, now: float) -> list[Transcript]:
    match step:
        case "suppose":
            return utterance.suppose("word", now)
        case "fix":
            return utterance.fix("word", now)
        case "end":
            return utterance.end(now)
    return utterance.answered()


STEPS = st.lists(st.sampled_from(["suppose", "fix", "end", "flush", "answered", "wait"]), max_size=40)


@given(STEPS, st.lists(st.floats(0.0, 0.9), min_size=40, max_size=40))
def test_no_flush_is_left_without_a_final_and_what_is_told_covers_more_and_more(
    steps: list[str], spans: list[float]
) -> None:
    utterance = Utterance()
    now, flushes, told = 0.0, 0, list[Transcript]()
    asked: list[Transcript] = []
    for step, span in zip(steps, spans, strict=False):
        now += span
        if step == "flush":
            flushes += 1
            asked += utterance.flush(now, now)
        elif step == "wait":
            asked += utterance.handle_deadline(now)
        else:
            before = utterance.awaited
            said = say(utterance, step, now)
            if before:
                asked += [one for one in said if isinstance(one, Final)]
            told += said
    asked += utterance.handle_deadline(now + ANSWER_S)
    assert len(asked) == flushes
    assert utterance.awaited == 0
    covered = [one.until_s for one in told if isinstance(one, Final) and one.until_s is not None]
    assert covered == sorted(covered)
