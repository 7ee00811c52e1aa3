"""Scripted conversations; the letters are explained in screenplay.LETTERS."""

import pytest

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.endpointing import FixedSilence
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.user_turn import UNINTELLIGIBLE
from tests.unit.media_worker.conversation.screenplay import Stage, TimedEvent, greeted, said, sound

Script = list[TimedEvent]

HOURS = "what are your opening hours"


def answering() -> list[TimedEvent]:
    """Greeting, a question at 2 s, its answer sounding from 4 s."""
    return [*greeted(), *said(2.0, 3.0, HOURS), (4.0, did.PlayoutStarted(1))]


def test_greeting_plays() -> None:
    stage = Stage().play(*greeted(), until=2.0)
    assert stage.letters == "Y"
    assert stage.texts(do.Say) == ["Hello."]
    assert stage.conversation.floor is Floor.IDLE


def test_without_a_first_message_the_model_greets() -> None:
    assert Stage(TurnPolicy()).play((0.0, did.Ready())).letters == "S"


def test_user_starts_first() -> None:
    stage = Stage(TurnPolicy(greeting="Hello.", user_start_first=True)).play((0.0, did.Ready()), until=5.0)
    assert stage.letters == ""
    assert stage.play(*said(5.0, 5.5, "hi"), until=7.0).letters == "FUS"


def test_simple_turn_ends_a_fixed_silence_after_the_true_end() -> None:
    stage = Stage().play(*greeted(), *said(2.0, 3.0, HOURS), until=5.0)
    assert stage.letters == "YFUS"
    assert stage.times(do.StartReply) == [3.5]
    assert stage.texts(do.CommitUser) == [HOURS]


def test_a_late_final_is_waited_for() -> None:
    stage = Stage().play(*greeted(), *said(2.0, 3.0, HOURS, final_after=0.7), until=5.0)
    assert stage.times(do.StartReply) == [3.8]


def test_a_missing_final_promotes_the_partial() -> None:
    *rest, _ = said(2.0, 3.0, HOURS)
    stage = Stage().play(*greeted(), *rest, until=6.0)
    assert stage.times(do.CommitUser) == [4.6]
    assert stage.texts(do.CommitUser) == [HOURS]


def test_a_final_that_comes_after_its_words_were_answered_is_dropped_and_another_one_is_not() -> None:
    *rest, _ = said(2.0, 3.0, HOURS)
    late = [*greeted(), *rest, (5.0, did.PlayoutStarted(1))]
    assert Stage().play(*late, (5.5, did.FinalHeard("What are your opening hours?")), until=8.0).letters == "YFUS"
    other = Stage().play(*late, (5.5, did.FinalHeard("book a table")), until=8.0)
    assert other.texts(do.CommitUser) == [HOURS, "book a table"]


def test_a_short_answer_is_heard_although_its_letters_stand_in_what_was_answered_before() -> None:
    """The final text of the first turn never comes; "no" is a part of "know", and no word of it."""
    *rest, _ = said(2.0, 3.0, "I know that")
    began, _, ended, final = said(8.0, 8.5, "no")
    replied: Script = [(5.0, did.PlayoutStarted(1)), (6.0, did.ReplyEnded(1, False)), (7.0, did.PlayoutDrained(1))]
    stage = Stage().play(*greeted(), *rest, *replied, began, ended, final, until=11.0)
    assert stage.texts(do.CommitUser) == ["I know that", "no"]


def test_response_delay_is_added() -> None:
    policy = TurnPolicy(greeting="Hello.", endpointing=FixedSilence(0.5, 0.3))
    stage = Stage(policy).play(*greeted(), *said(2.0, 3.0, HOURS), until=5.0)
    assert stage.times(do.StartReply) == [3.8]


def test_a_pause_inside_a_sentence_is_one_turn() -> None:
    script = [*greeted(), *said(2.0, 2.5, "book a table"), *said(2.85, 3.5, "for four at six")]
    stage = Stage().play(*script, until=5.0)
    assert stage.texts(do.CommitUser) == ["book a table for four at six"]
    assert stage.times(do.StartReply) == [4.0]


def test_a_sound_without_words_is_no_turn() -> None:
    stage = Stage().play(*greeted(), *sound(2.0, 2.3), until=5.0)
    assert stage.letters == "YF"
    assert stage.conversation.floor is Floor.IDLE


def test_speech_that_cannot_be_told_is_a_turn_if_it_is_long_enough() -> None:
    def mumble(end: float) -> Stage:
        return Stage().play(
            *greeted(),
            (2.1, did.SpeechStarted()),
            (end + 0.1, did.SpeechEnded(end, round((end - 2.0) * 1000))),
            (end + 0.15, did.FinalHeard("", rejected=True)),
            until=8.0,
        )

    assert mumble(3.0).texts(do.CommitUser) == [UNINTELLIGIBLE]
    assert mumble(2.3).texts(do.CommitUser) == []


def test_a_recogniser_of_whole_turns_is_asked_when_the_turn_ends() -> None:
    policy = TurnPolicy(greeting="Hello.", whole_turns=True)
    script = [
        *greeted(),
        (2.1, did.SpeechStarted()),
        (3.1, did.SpeechEnded(3.0, 1000)),
        (3.55, did.FinalHeard(HOURS)),
    ]
    stage = Stage(policy).play(*script, until=5.0)
    assert (stage.times(do.RequestFinal), stage.times(do.StartReply)) == ([3.5], [3.55])


def test_soft_words_without_vad_are_answered() -> None:
    stage = Stage().play(*greeted(), (2.0, did.PartialHeard("yes")), (2.1, did.FinalHeard("yes please")), until=4.0)
    assert stage.texts(do.CommitUser) == ["yes please"]


def test_a_partial_without_vad_and_without_final_does_not_hang() -> None:
    stage = Stage().play(*greeted(), (2.0, did.PartialHeard("yes")), until=9.0)
    assert stage.texts(do.CommitUser) == ["yes"]


def test_duplicate_finals_are_answered_once() -> None:
    script = [*greeted(), *said(2.0, 3.0, HOURS), (4.0, did.FinalHeard("")), (4.1, did.FinalHeard(""))]
    assert Stage().play(*script, until=6.0).letters == "YFUS"


# --- barge-in -------------------------------------------------------------------------------------


def test_real_words_hold_then_cut() -> None:
    stage = Stage().play(*answering(), *said(5.0, 6.0, "wait"), until=8.0)
    assert stage.letters == "YFUSPCFUS"
    assert stage.times(do.HoldPlayout) == [5.1]
    assert stage.times(do.CutReply) == [5.3]


def test_the_cut_names_the_reply_and_whether_it_was_audible() -> None:
    stage = Stage().play(*answering(), *said(5.0, 6.0, "book a table"), until=5.9)
    assert [effect for _, effect in stage.log if isinstance(effect, do.CutReply)] == [do.CutReply(1, True, True)]


def test_one_provisional_word_only_holds_and_may_become_a_backchannel() -> None:
    *heard, final = said(5.0, 5.6, "i")
    stage = Stage().play(*answering(), *heard, (5.7, did.FinalHeard("I see")), until=8.0)
    assert stage.letters == "YFUSPFR"
    assert final
    stage = Stage().play(*answering(), *heard, (5.7, did.FinalHeard("Ireland")), until=8.0)
    assert stage.letters == "YFUSPFCUS"


@pytest.mark.parametrize("words", ["mm-hm", "okay", "Yeah, yeah.", "I see", "right okay"])
def test_a_backchannel_resumes(words: str) -> None:
    stage = Stage().play(*answering(), *said(5.0, 5.4, words), until=8.0)
    assert stage.letters == "YFUSPFR"
    assert stage.times(do.ResumePlayout) == [pytest.approx(5.75)]


def test_a_backchannel_that_goes_on_with_but_cuts() -> None:
    script = [*answering(), *said(5.0, 5.4, "mm-hm"), *said(5.5, 6.2, "but wait a moment")]
    assert Stage().play(*script, until=8.0).letters == "YFUSPFCFUS"


def test_a_cough_resumes_as_soon_as_the_recogniser_found_nothing() -> None:
    stage = Stage().play(*answering(), *sound(5.0, 5.35), until=8.0)
    assert stage.letters == "YFUSPFR"
    assert stage.times(do.ResumePlayout) == [5.5]


def test_a_phantom_of_the_vad_resumes_at_the_grace() -> None:
    script = [*answering(), (5.1, did.SpeechStarted()), (5.3, did.SpeechEnded(5.2, 100))]
    assert Stage().play(*script, until=8.0).times(do.ResumePlayout) == [5.7]


def test_a_sound_that_does_not_end_resumes_at_the_cap() -> None:
    stage = Stage().play(*answering(), (5.0, did.SpeechStarted()), until=9.0)
    assert stage.times(do.ResumePlayout) == [8.0]


def test_words_after_the_resume_still_cut() -> None:
    script = [*answering(), (5.0, did.SpeechStarted()), (8.5, did.SpeechEnded(8.4, 3400)), (8.6, did.FinalHeard(HOURS))]
    assert Stage().play(*script, until=10.0).letters == "YFUSPRFCUS"


def test_long_unintelligible_speech_interrupts_and_short_does_not() -> None:
    def mumble(end: float) -> str:
        script = [
            *answering(),
            (5.1, did.SpeechStarted()),
            (end + 0.1, did.SpeechEnded(end, round((end - 5.0) * 1000))),
            (end + 0.15, did.FinalHeard("", rejected=True)),
        ]
        return Stage().play(*script, until=9.0).letters

    assert mumble(5.6) == "YFUSPFR"
    assert mumble(6.3) == "YFUSPFCUS"


def test_noise_while_thinking_holds_and_the_reply_still_comes() -> None:
    script = [*greeted(), *said(2.0, 3.0, HOURS), *sound(3.6, 3.9), (5.0, did.PlayoutStarted(1))]
    stage = Stage().play(*script, until=6.0)
    assert stage.letters == "YFUSPFR"
    assert [effect.audible for _, effect in stage.log if isinstance(effect, do.HoldPlayout)] == [False]
    assert stage.conversation.floor is Floor.ANSWERING


def test_interruption_not_allowed_answers_afterwards() -> None:
    policy = TurnPolicy(greeting="Hello.", interruptions=False)
    script = [
        *answering(),
        *said(5.0, 6.0, "book a table"),
        (7.0, did.ReplyEnded(1, False)),
        (7.5, did.PlayoutDrained(1)),
    ]
    stage = Stage(policy).play(*script, until=9.0)
    assert stage.letters == "YFUSFUS"
    assert stage.texts(do.CommitUser)[-1] == "book a table"
    assert stage.times(do.StartReply)[-1] == 7.5


def test_protected_greeting_drops_a_hello_and_answers_a_question() -> None:
    policy = TurnPolicy(greeting="Hello.", greeting_interruptible=False)
    greeting: Script = [(0.0, did.Ready()), (0.1, did.PlayoutStarted(0))]
    over: Script = [(3.0, did.ReplyEnded(0, False)), (3.1, did.PlayoutDrained(0))]
    assert Stage(policy).play(*greeting, *said(1.0, 1.4, "okay"), *over, until=6.0).letters == "YF"
    assert Stage(policy).play(*greeting, *said(1.0, 2.4, HOURS), *over, until=6.0).letters == "YFUS"


def test_speech_that_goes_on_over_the_end_of_protected_speech_is_a_turn() -> None:
    policy = TurnPolicy(greeting="Hello.", greeting_interruptible=False)
    *start, ended, final = said(0.5, 2.0, HOURS)
    script: Script = [
        (0.0, did.Ready()),
        (0.1, did.PlayoutStarted(0)),
        *start,
        (1.0, did.PlayoutDrained(0)),
        ended,
        final,
    ]
    assert Stage(policy).play(*script, until=4.0).times(do.StartReply) == [2.5]


def test_typed_text_cuts_at_once_without_a_pause() -> None:
    stage = Stage().play(*answering(), (5.0, did.UserTyped("book a table")), until=6.0)
    assert stage.letters == "YFUSCUS"
    assert stage.texts(do.CommitUser)[-1] == "book a table"


def test_typed_text_over_protected_speech_waits_and_is_never_lost() -> None:
    policy = TurnPolicy(greeting="Hello.", greeting_interruptible=False)
    script: Script = [
        (0.0, did.Ready()),
        (0.1, did.PlayoutStarted(0)),
        (1.0, did.UserTyped("hours")),
        (9.0, did.PlayoutDrained(0)),
    ]
    assert Stage(policy).play(*script, until=10.0).letters == "YUS"


def test_typed_text_joins_what_was_being_said() -> None:
    script = [*greeted(), (2.1, did.SpeechStarted()), (2.3, did.PartialHeard("book")), (2.5, did.UserTyped("a table"))]
    assert Stage().play(*script, until=3.0).texts(do.CommitUser) == ["book a table"]


# --- failures and ends ----------------------------------------------------------------------------


def test_a_model_that_fails_is_apologised_for() -> None:
    stage = Stage().play(*greeted(), *said(2.0, 3.0, HOURS), (4.0, did.ReplyFailed(1)), until=5.0)
    assert stage.letters == "YFUSCY"


def test_a_voice_that_fails_twice_ends_the_call() -> None:
    script = [*greeted(), *said(2.0, 3.0, HOURS), (4.0, did.VoiceFailed(1)), (4.0, did.PlayoutDrained(1))]
    stage = Stage().play(*script, *said(5.0, 6.0, HOURS), (7.0, did.VoiceFailed(2)), until=9.0)
    assert stage.log[-1][1] == do.EndSession(CallStatus.ERROR, "speech synthesis failed")


def test_stale_events_change_nothing() -> None:
    stage = Stage().play(*answering(), *said(5.0, 6.0, "wait"), until=5.9)
    before = len(stage.log)
    stale: list[did.Event] = [did.PlayoutDrained(1), did.ReplyFailed(1), did.ReplyEnded(1, True), did.VoiceFailed(0)]
    for event in stale:
        stage.play((5.9, event))
    assert (len(stage.log), stage.conversation.stale_events) == (before, len(stale))


def test_the_agent_ends_the_call_once_its_goodbye_was_heard() -> None:
    script = [*answering(), (4.5, did.ReplyEnded(1, True)), (5.0, did.SpeechStarted()), (6.0, did.PlayoutDrained(1))]
    stage = Stage().play(*script, until=8.0)
    assert stage.letters == "YFUSE"
    assert stage.log[-1] == (6.0, do.EndSession(CallStatus.AGENT_ENDED))


def test_max_idle_says_its_message_and_ends() -> None:
    policy = TurnPolicy(greeting="Hello.", max_idle_s=10.0, timeout_message="Bye.")
    stage = Stage(policy).play(*greeted(), (12.0, did.PlayoutStarted(1)), (13.0, did.PlayoutDrained(1)), until=15.0)
    assert stage.times(do.Say) == [0.0, 11.0]
    assert stage.log[-1] == (13.0, do.EndSession(CallStatus.TIMEOUT))


def test_noise_does_not_keep_an_idle_call_alive_and_words_do() -> None:
    policy = TurnPolicy(greeting="Hello.", max_idle_s=10.0)
    noisy = Stage(policy).play(*greeted(), *sound(9.0, 9.3), until=20.0)
    assert noisy.times(do.EndSession) == [11.0]
    talking = Stage(policy).play(*greeted(), *said(9.0, 10.0, HOURS), (11.0, did.PlayoutDrained(1)), until=30.0)
    assert talking.times(do.EndSession) == [21.0]


def test_max_duration_ends_whatever_goes_on() -> None:
    policy = TurnPolicy(greeting="Hello.", max_duration_s=6.0, timeout_message="Time is up.")
    stage = Stage(policy).play(*answering(), (5.9, did.SpeechStarted()), until=60.0)
    assert stage.letters == "YFUSPRCYCE"
    assert stage.times(do.CutReply)[0] == 9.0
    assert stage.log[-1] == (21.0, do.EndSession(CallStatus.TIMEOUT))


@pytest.mark.parametrize("until", [0.05, 1.5, 2.5, 3.2, 3.6, 4.5, 5.2])
def test_a_hang_up_ends_the_call_in_every_state(until: float) -> None:
    script = [*answering(), *said(5.0, 6.0, HOURS)]
    stage = Stage().play(*[line for line in script if line[0] < until], (until, did.HungUp()))
    assert stage.log[-1][1] == do.EndSession(CallStatus.USER_ENDED)
    before = len(stage.log)
    stage.play(*[line for line in script if line[0] >= until], until=60.0)
    assert len(stage.log) == before
    assert stage.conversation.next_deadline() is None


def test_terminated_with_a_message_says_it_and_without_one_ends_at_once() -> None:
    stage = Stage().play(*greeted(), (2.0, did.Terminated(CallStatus.API_ENDED, "We are closing.")), until=2.5)
    assert stage.letters == "YY"
    stage.play((3.0, did.Terminated(CallStatus.ERROR, "", "shut down")), until=3.0)
    assert stage.log[-1] == (3.0, do.EndSession(CallStatus.API_ENDED, None))


def test_a_lost_recogniser_ends_the_call_as_an_error() -> None:
    stage = Stage().play(*greeted(), (2.0, did.HearingLost()), (3.0, did.PlayoutDrained(1)))
    assert stage.texts(do.Say)[1:] == ["I am sorry, I cannot hear you any more. Goodbye."]
    assert stage.log[-1][1] == do.EndSession(CallStatus.ERROR, "speech recognition was lost")


def test_every_hold_cut_reply_and_resume_is_explained() -> None:
    stage = Stage().play(*answering(), *said(5.0, 5.4, "okay"), *said(7.0, 8.0, HOURS), until=10.0)
    explained = sum(isinstance(effect, do.Explain) for _, effect in stage.log)
    assert explained == sum(map(stage.letters.count, "SPRC"))


def test_time_never_goes_back() -> None:
    conversation = Conversation(TurnPolicy(greeting="Hello."))
    conversation.handle(did.Ready(), 5.0)
    conversation.handle(did.PlayoutDrained(0), 1.0)
    deadline = conversation.next_deadline()
    assert deadline is not None
    assert deadline >= 5.0
