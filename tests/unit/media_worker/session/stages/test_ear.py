"""What the ear tells the conversation, and what it feeds the recogniser."""

from collections.abc import AsyncIterator

import pytest

from media_worker.conversation.events import Event, Muted, SpeechEnded, SpeechStarted
from media_worker.media.speech_edge import SpeechEdges
from media_worker.ports.stt import Transcript
from media_worker.providers.scripted import vad
from media_worker.providers.scripted.tts import tone
from media_worker.session.stages.ear import BACKLOG_S, MAX_OPEN_SILENCE_S, PRE_ROLL_S, Ear, Recent

RATE_HZ = 16_000
FRAME_S = 0.02
SILENCE = bytes(640)
VOICE = tone(0, 20)


class Recogniser:
    """Keeps what it is given."""

    billed_s = None

    def __init__(self) -> None:
        self.audio = b""
        self.flushed_at: list[int] = []

    def send(self, pcm: bytes) -> None:
        self.audio += pcm

    def flush(self) -> None:
        self.flushed_at.append(len(self.audio))

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        return
        yield

    @property
    def seconds(self) -> float:
        return len(self.audio) / 2 / RATE_HZ


class Rig:
    """An ear with a clock that follows its frames."""

    def __init__(self, *, gated: bool, start_s: float = 100.0) -> None:
        self.posted: list[Event] = []
        stream = vad.create().open(RATE_HZ)
        self.ear = Ear(stream, SpeechEdges(RATE_HZ, stream.window_ms), RATE_HZ, gated=gated, post=self.posted.append)
        self.recogniser = Recogniser()
        self.now = start_s

    def hear(self, frame: bytes, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now += FRAME_S
            self.ear.push(frame, self.now, agent_audible=False)

    def hear_at_once(self, frame: bytes, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.ear.push(frame, self.now, agent_audible=False)

    def look(self, seconds: float) -> None:
        """For gaps, every frame, while nothing comes."""
        for _ in range(round(seconds / FRAME_S)):
            self.now += FRAME_S
            self.ear.fill_gap(self.now, agent_audible=False)


def test_edges_are_told_in_session_time() -> None:
    rig = Rig(gated=True)
    rig.hear(SILENCE, 1.0)
    rig.hear(VOICE, 0.5)
    rig.hear(SILENCE, 0.5)
    started, ended = [event for event in rig.posted if not isinstance(event, Muted)]
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert ended.true_end == pytest.approx(101.5, abs=0.03)
    assert ended.voiced_ms == 500


def test_a_gated_recogniser_gets_the_speech_and_what_was_just_before_it() -> None:
    rig = Rig(gated=True)
    rig.ear.attach(rig.recogniser)
    rig.hear(SILENCE, 2.0)
    assert rig.recogniser.audio == b""
    rig.hear(VOICE, 0.5)
    rig.hear(SILENCE, 0.3)
    rig.ear.request_final()
    rig.hear(SILENCE, 2.0)
    assert rig.recogniser.seconds == pytest.approx(PRE_ROLL_S + 0.5 + 0.3, abs=0.1)
    assert rig.recogniser.audio.endswith(VOICE * 25 + SILENCE * 15)
    assert rig.recogniser.flushed_at == [len(rig.recogniser.audio)]


def test_a_continuous_recogniser_gets_everything() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(SILENCE, 1.0)
    rig.hear(VOICE, 0.5)
    assert rig.recogniser.audio == SILENCE * 50 + VOICE * 25


def test_a_gate_that_nobody_closes_closes_itself() -> None:
    rig = Rig(gated=True)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 0.5)
    rig.hear(SILENCE, 10.0)
    assert len(rig.recogniser.flushed_at) == 1
    assert rig.recogniser.seconds == pytest.approx(0.5 + MAX_OPEN_SILENCE_S, abs=0.2)


def test_speech_before_the_recogniser_is_there_is_kept_for_it() -> None:
    rig = Rig(gated=True)
    rig.hear(SILENCE, 0.5)
    rig.hear(VOICE, 0.5)
    rig.ear.attach(rig.recogniser)
    assert rig.recogniser.audio.endswith(VOICE * 25)


def test_the_backlog_is_bounded() -> None:
    rig = Rig(gated=False)
    rig.hear(VOICE, 20.0)
    rig.ear.attach(rig.recogniser)
    assert rig.recogniser.seconds == pytest.approx(BACKLOG_S, abs=FRAME_S)


def test_a_client_that_falls_silent_is_filled_with_silence() -> None:
    rig = Rig(gated=True)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 0.5)
    rig.look(2.0)
    ended = rig.posted[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.true_end == pytest.approx(100.5, abs=0.05)


def test_nothing_is_filled_in_while_nobody_speaks() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.look(1.0)
    rig.hear(SILENCE, 0.1)
    rig.look(5.0)
    assert rig.recogniser.seconds == pytest.approx(0.1)


def test_what_came_while_the_worker_stood_still_is_read_before_a_gap_is_seen() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 0.5)
    rig.look(0.02)
    rig.now += 1.0
    rig.look(0.04)
    rig.hear_at_once(VOICE, 1.0)
    rig.look(0.2)
    assert rig.recogniser.audio == VOICE * 75
    rig.look(0.2)
    assert len(rig.recogniser.audio) > len(VOICE * 75)


def test_recent_forgets_what_is_too_old() -> None:
    recent = Recent(6)
    for chunk in (b"ab", b"cd", b"ef", b"gh"):
        recent.add(chunk)
    assert recent.take() == b"cdefgh"
    assert recent.take() == b""


def test_what_a_final_text_does_not_cover_is_heard_by_the_next_recogniser() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 2.0)
    rig.ear.request_final()
    assert rig.ear.flushed_s == pytest.approx(2.0)
    rig.hear(VOICE, 1.0)
    rig.ear.final_came(until_s=2.0)
    rig.ear.attach(another := Recogniser())
    assert another.seconds == pytest.approx(1.0)
    assert another.flushed_at == [], "its final text is not asked for"
    assert rig.ear.flushed_s == 0.0


def test_a_final_text_of_nothing_leaves_everything_for_the_next_recogniser_which_is_asked_again() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 2.0)
    rig.ear.request_final()
    rig.ear.final_came(until_s=0.0)
    rig.ear.attach(another := Recogniser())
    assert another.seconds == pytest.approx(2.0)
    assert another.flushed_at == [len(another.audio)]


def test_a_final_text_of_everything_leaves_nothing() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(VOICE, 2.0)
    rig.ear.request_final()
    rig.ear.final_came()
    rig.ear.attach(another := Recogniser())
    assert another.audio == b""


def test_a_recogniser_that_wants_speech_only_may_follow_one_that_wants_everything() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    rig.hear(SILENCE, 1.0)
    rig.ear.final_came()
    rig.ear.gate(gated=True)
    rig.ear.attach(gated := Recogniser())
    rig.hear(SILENCE, 1.0)
    assert gated.audio == b""
    rig.hear(VOICE, 0.5)
    assert gated.audio.endswith(VOICE * 20)
    rig.ear.gate(gated=False)
    rig.ear.attach(open_ended := Recogniser())
    rig.hear(SILENCE, 1.0)
    assert open_ended.audio.endswith(SILENCE * 50)


def test_a_voice_that_may_be_our_own_reaches_an_open_recogniser_late_and_without_a_hole() -> None:
    rig = Rig(gated=False)
    rig.ear.attach(rig.recogniser)
    for at in range(100):
        rig.ear.played(tone(at * 20, 20)[::-1], rig.now)
        rig.hear(SILENCE, FRAME_S)
    began = len(rig.recogniser.audio)
    held = 0
    for _ in range(50):
        before = len(rig.recogniser.audio)
        rig.hear(VOICE, FRAME_S)
        held += len(rig.recogniser.audio) == before
    assert held > 0, "it was in doubt"
    heard = rig.recogniser.audio[began:]
    assert heard.endswith(VOICE * 50)
    assert not any(heard.removesuffix(VOICE * 50)), "only silence before it"
