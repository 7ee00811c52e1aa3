import pytest

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.session.report.spoken_times import MAX_ROWS, SpokenTimes
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, hold, plan

BEGAN = 100.0


class Chat:
    """A chat as long as the test says."""

    def __init__(self) -> None:
        self.length = 0
        self.times = SpokenTimes(BEGAN, lambda: self.length)

    def user(self, onset: float | None, end: float) -> None:
        if onset is not None:
            self.times.happened(did.SpeechStarted(onset), onset + 0.1)
            self.times.happened(did.SpeechEnded(end, 500), end + 0.2)
        self.times.decided(do.CommitUser("hello", end), end + 0.5)
        self.length += 1

    def agent(self, start: float, end: float, *, cut: bool = False) -> None:
        self.times.happened(did.PlayoutStarted(1), start)
        if cut:
            self.times.decided(do.CutReply(1, audible=True, keep=True), end)
            self.length += 1
        else:
            self.length += 1
            self.times.happened(did.PlayoutDrained(1), end)

    def rows(self) -> list[tuple[int, int, int | None]]:
        return [(row["message"], row["start_ms"], row["end_ms"]) for row in self.times.rows()]


def test_each_turn_stands_with_its_message() -> None:
    chat = Chat()
    chat.agent(100.5, 102.0)
    chat.user(102.5, 103.25)
    chat.agent(104.0, 105.0, cut=True)
    chat.user(104.8, 106.0)
    assert chat.rows() == [(0, 500, 2000), (1, 2500, 3250), (2, 4000, 5000), (3, 4800, 6000)]


def test_a_turn_begins_with_its_first_sound() -> None:
    chat = Chat()
    chat.times.happened(did.SpeechStarted(101.0), 101.1)
    chat.times.happened(did.SpeechEnded(102.0, 900), 102.3)
    chat.user(102.5, 104.0)
    assert chat.rows() == [(0, 1000, 4000)]


def test_a_noise_and_a_cough_long_ago_are_no_beginning() -> None:
    chat = Chat()
    chat.times.happened(did.SpeechStarted(101.0), 101.1)
    chat.times.happened(did.SoundJudged(did.Sound.NOISE), 101.5)
    chat.user(102.0, 103.0)
    chat.times.happened(did.SpeechStarted(104.0), 104.1)
    chat.times.happened(did.SpeechEnded(104.2, 100), 104.4)
    chat.user(120.0, 121.0)
    assert chat.rows() == [(0, 2000, 3000), (1, 20_000, 21_000)]


def test_what_was_typed_has_a_moment_and_a_reply_that_the_end_cut_off_has_no_end() -> None:
    chat = Chat()
    chat.user(None, 101.0)
    chat.times.happened(did.PlayoutStarted(1), 102.0)
    assert chat.rows() == [(0, 1000, 1000), (1, 2000, None)]


def test_a_reply_that_nobody_heard_has_no_row() -> None:
    chat = Chat()
    chat.times.decided(do.CutReply(1, audible=False, keep=False), 101.0)
    chat.times.happened(did.PlayoutDrained(1), 102.0)
    assert chat.rows() == []


def test_the_newest_rows_are_kept() -> None:
    chat = Chat()
    for number in range(MAX_ROWS + 3):
        chat.user(BEGAN + number, BEGAN + number + 0.5)
    assert [row[0] for row in chat.rows()] == list(range(3, MAX_ROWS + 3))


def test_a_call_remembers_when_its_messages_were_spoken() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    rig, end = hold(plan(first_message="Hello you.", llm={"provider": "scripted", "replies": ["Fine."]}), user)
    assert end.status is CallStatus.USER_ENDED
    rows = end.call_metrics["spoken"]
    assert [end.chat[row["message"]]["role"] for row in rows] == ["assistant", "user", "assistant"]
    greeting, question, answer = rows
    assert greeting["start_ms"] < greeting["end_ms"] < question["start_ms"]
    assert question["start_ms"] == pytest.approx(3000, abs=100)
    assert question["end_ms"] == pytest.approx(4000, abs=100)
    assert question["end_ms"] < answer["start_ms"] < answer["end_ms"]
    assert rig.memory.checkpoints[-1].call_metrics["spoken"] == rows
