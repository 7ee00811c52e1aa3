"""When a recogniser is taken for deaf."""

from media_worker.conversation.events import Sound, SoundJudged, SpeechEnded, SpeechStarted
from media_worker.ports.stt import Final, Partial, TurnEnd
from media_worker.session.stages.deaf_watch import AGAIN_S, DEAF_MS, DeafWatch

FLUSHED_S = 3.0
NOTHING = Final("", until_s=0.0)


def watch(voiced_ms: int = DEAF_MS, *, judged: Sound | None = None) -> DeafWatch:
    made = DeafWatch()
    speak(made, voiced_ms, judged=judged)
    return made


def speak(made: DeafWatch, voiced_ms: int = DEAF_MS, *, judged: Sound | None = None) -> None:
    made.sounded(SpeechStarted(1.0))
    if judged is not None:
        made.sounded(SoundJudged(judged))
    made.sounded(SpeechEnded(2.0, voiced_ms))


def test_speech_of_which_nothing_is_told_is_not_heard() -> None:
    assert watch().told(NOTHING, FLUSHED_S, 10.0)


def test_who_says_that_there_are_no_words_has_heard_it() -> None:
    assert not watch().told(Final("", until_s=FLUSHED_S - 0.01), FLUSHED_S, 10.0)
    assert not watch().told(Final(""), FLUSHED_S, 10.0)


def test_words_show_that_it_hears() -> None:
    for words in (Partial("book"), Final("book", until_s=1.0)):
        hearing = watch()
        assert not hearing.told(words, FLUSHED_S, 10.0)
        assert not hearing.told(NOTHING, FLUSHED_S, 11.0)


def test_short_sounds_and_those_of_nobody_have_no_words() -> None:
    assert not watch(DEAF_MS - 1).told(NOTHING, FLUSHED_S, 10.0)
    for nobody in (Sound.ECHO, Sound.NOISE):
        assert not watch(judged=nobody).told(NOTHING, FLUSHED_S, 10.0)
    assert watch(judged=Sound.USER).told(NOTHING, FLUSHED_S, 10.0)


def test_what_is_no_text_says_nothing_about_it() -> None:
    assert not watch().told(TurnEnd(), FLUSHED_S, 10.0)


def test_it_is_not_suspected_again_at_once() -> None:
    suspected = watch()
    assert suspected.told(NOTHING, FLUSHED_S, 10.0)
    speak(suspected)
    assert not suspected.told(NOTHING, FLUSHED_S, 10.0 + AGAIN_S - 1)
    assert suspected.told(NOTHING, FLUSHED_S, 10.0 + AGAIN_S)
