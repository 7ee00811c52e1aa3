"""Who is taken for a machine, and what is done with one."""

import pytest

from callcore.calls.call import CallStatus
from callcore.phones.answered_by import AnsweredBy
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.voicemail import TABLE, Answerer, VoicemailPolicy
from tests.unit.media_worker.conversation.screenplay import Stage, said

GREETING = "you have reached ann please leave a message after the tone"


def outbound(voicemail: VoicemailPolicy) -> Stage:
    """A call that was answered at 0; the agent waits."""
    return Stage(TurnPolicy(user_start_first=True, voicemail=voicemail)).play((0.0, did.Ready()))


@pytest.mark.parametrize(
    "text",
    [
        "Please leave a message after the tone.",
        "Hinterlassen Sie eine Nachricht nach dem Signalton",
        "Laissez un message après le bip",
        "Deje su mensaje después de la señal",
        "留守番電話サービスに接続します",
    ],
)
def test_what_only_machines_say(text: str) -> None:
    assert VoicemailPolicy().is_machine(text, 0.5)


def test_what_people_say_too_counts_after_a_long_greeting_only() -> None:
    policy = VoicemailPolicy()
    assert not policy.is_machine("she is not available", 2.0)
    assert policy.is_machine("the person you are calling is not available", 4.5)
    assert not policy.is_machine("good morning this is the clinic on main street ann speaking how can i help", 6.0)


def test_an_agent_has_phrases_of_its_own() -> None:
    assert VoicemailPolicy(phrases=("Welcome to Acme",)).is_machine("hello, welcome to ACME.", 0.5)


def test_a_person_stays_one() -> None:
    assert {after for (before, _), after in TABLE.items() if before is Answerer.HUMAN} == {Answerer.HUMAN}


def test_a_machine_is_hung_up_on() -> None:
    stage = outbound(VoicemailPolicy()).play(*said(1.0, 5.0, GREETING), until=8.0)
    assert stage.log[-1] == (1.3, do.EndSession(CallStatus.VOICEMAIL_HANGUP))
    assert stage.texts(do.CommitUser) == [GREETING]


def test_the_message_is_left_in_the_silence_after_the_greeting_and_ends_the_call() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(
        *said(1.0, 5.0, GREETING), (6.6, did.PlayoutStarted(0)), (8.0, did.PlayoutDrained(0)), until=9.0
    )
    assert stage.times(do.Say) == [6.5]
    assert stage.log[-1] == (8.0, do.EndSession(CallStatus.VOICEMAIL_MESSAGE))


def test_an_endless_greeting_is_not_waited_for() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(
        (1.0, did.SpeechStarted()), (2.0, did.PartialHeard(GREETING)), until=60.0
    )
    assert stage.times(do.Say) == [32.0]


def test_a_message_may_be_one_that_nobody_interrupts() -> None:
    stage = outbound(VoicemailPolicy("Call us.", continue_on_voice_activity=False)).play(
        *said(1.0, 5.0, GREETING), (6.6, did.PlayoutStarted(0)), *said(7.0, 8.0, "hello who is this"), until=9.0
    )
    assert "C" not in stage.letters


def test_after_the_window_or_two_answers_nobody_is_a_machine() -> None:
    late = outbound(VoicemailPolicy()).play(*said(21.0, 24.0, GREETING), until=26.0)
    assert late.times(do.StartReply) == [24.5]
    turns = [
        *said(1.0, 1.5, "hello"),
        (2.1, did.PlayoutDrained(0)),
        *said(3.0, 3.5, "who is this"),
        (4.1, did.PlayoutDrained(1)),
    ]
    talking = outbound(VoicemailPolicy()).play(*turns, *said(5.0, 8.0, GREETING), until=10.0)
    assert talking.times(do.StartReply) == [2.0, 4.0, 8.5]


def test_a_greeting_with_a_pause_is_found_out_after_one_answer() -> None:
    stage = outbound(VoicemailPolicy()).play(
        *said(1.0, 2.0, "you have reached ann"), *said(3.0, 5.0, "please leave a message"), until=8.0
    )
    assert stage.log[-1][1] == do.EndSession(CallStatus.VOICEMAIL_HANGUP)


# --- who asks, and who beeps ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Hi, if you record your name and reason for calling, I'll see if this person is available.",
        "The person you're calling is using a screening service. Go ahead and say your name, and why you're calling.",
        "Please state your name after the tone, and we will try to connect you.",
        "He is not available at the moment. Would you like to leave a message?",
        "five fifteen you referred your name him region for calling after the tone",
    ],
)
def test_who_asks_can_hear_the_answer(text: str) -> None:
    assert not VoicemailPolicy().is_machine(text, 8.0)


def test_a_beep_right_after_a_greeting_is_a_machines() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(
        (1.0, did.SpeechStarted()), (4.0, did.SpeechEnded(4.0, 3000)), (4.3, did.BeepHeard()), until=6.0
    )
    assert stage.times(do.Say) == [pytest.approx(4.5)]


@pytest.mark.parametrize(
    "heard",
    [
        [(1.0, did.SpeechStarted()), (1.6, did.SpeechEnded(1.6, 600)), (1.9, did.BeepHeard())],
        [(1.0, did.SpeechStarted()), (4.0, did.SpeechEnded(4.0, 3000)), (8.0, did.BeepHeard())],
        [(1.0, did.BeepHeard())],
    ],
    ids=["after hello", "much later", "without a word"],
)
def test_a_beep_beside_a_person_means_nothing(heard: list[tuple[float, did.Event]]) -> None:
    stage = outbound(VoicemailPolicy()).play(*heard, until=10.0)
    assert not [effect for _, effect in stage.log if isinstance(effect, do.EndSession)]


def test_a_beep_after_a_question_means_nothing() -> None:
    asking = said(1.0, 5.0, "please state your name after the tone")
    stage = outbound(VoicemailPolicy()).play(*asking, (5.6, did.BeepHeard()), until=8.0)
    assert not [effect for _, effect in stage.log if isinstance(effect, do.EndSession)]


def test_the_message_waits_for_no_silence_after_the_beep() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(*said(1.0, 5.0, GREETING), (5.5, did.BeepHeard()), until=6.4)
    assert stage.times(do.Say) == [pytest.approx(5.7)]


def test_words_that_come_after_the_greeting_do_not_delay_the_message() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(
        (1.0, did.SpeechStarted()), (5.1, did.SpeechEnded(5.0, 4000)), (5.6, did.FinalHeard(GREETING)), until=8.0
    )
    assert stage.times(do.Say) == [6.5]


def test_a_message_that_began_before_the_beep_is_said_again_once() -> None:
    stage = outbound(VoicemailPolicy("Call us.")).play(
        *said(1.0, 5.0, GREETING),
        (6.6, did.PlayoutStarted(0)),
        (8.0, did.BeepHeard()),
        (9.0, did.BeepHeard()),
        until=12.0,
    )
    assert stage.times(do.Say) == [6.5, pytest.approx(8.2)]


# --- the carrier's word -----------------------------------------------------------------------------

LONG = "hello we are on the road until monday and will see to it then"
HINT = did.AnswererHinted


@pytest.mark.parametrize(
    ("hint", "text", "spoken_s", "is_machine"),
    [
        (AnsweredBy.MACHINE, "she is not available", 1.0, True),
        (AnsweredBy.MACHINE, LONG, 4.5, True),
        (AnsweredBy.MACHINE, LONG, 3.5, False),
        (AnsweredBy.MACHINE, "", 9.0, False),
        (AnsweredBy.MACHINE, "please state your name after the tone", 9.0, False),
        (AnsweredBy.MACHINE, "hello", 0.5, False),
        (AnsweredBy.HUMAN, "the person you are calling is not available", 9.0, False),
        (AnsweredBy.HUMAN, GREETING, 0.5, True),
    ],
)
def test_a_hint_makes_more_or_less_of_words(hint: AnsweredBy, text: str, spoken_s: float, is_machine: bool) -> None:
    assert VoicemailPolicy().is_machine(text, spoken_s, hint) is is_machine


def test_a_person_whom_the_carrier_takes_for_a_machine_is_talked_with() -> None:
    stage = outbound(VoicemailPolicy()).play(
        (0.9, HINT(AnsweredBy.MACHINE)),
        *said(1.0, 2.0, "hello who is this"),
        (2.5, HINT(AnsweredBy.GREETING_OVER)),
        until=4.0,
    )
    assert stage.times(do.StartReply) == [2.5]


def test_a_hint_that_comes_late_counts_for_words_that_follow() -> None:
    stage = outbound(VoicemailPolicy()).play(
        (1.0, did.SpeechStarted()), (4.5, HINT(AnsweredBy.MACHINE)), (5.5, did.PartialHeard(LONG)), until=7.0
    )
    assert stage.log[-1][1] == do.EndSession(CallStatus.VOICEMAIL_HANGUP)


def test_the_carriers_beep_is_one_and_its_silence_ends_the_wait_for_one() -> None:
    beep = outbound(VoicemailPolicy("Call us.")).play(
        (1.0, did.SpeechStarted()), (5.0, did.SpeechEnded(5.0, 4000)), (5.5, HINT(AnsweredBy.BEEP)), until=7.0
    )
    assert beep.times(do.Say) == [pytest.approx(5.7)]
    silence = outbound(VoicemailPolicy("Call us.")).play(
        *said(1.0, 5.0, GREETING), (7.5, HINT(AnsweredBy.GREETING_OVER)), until=9.0
    )
    assert silence.times(do.Say) == [6.5]


def test_after_a_person_was_answered_twice_a_fax_is_no_fax() -> None:
    turns = [
        *said(1.0, 1.5, "hello"),
        (2.1, did.PlayoutDrained(0)),
        *said(3.0, 3.5, "who"),
        (4.1, did.PlayoutDrained(1)),
    ]
    stage = outbound(VoicemailPolicy()).play(*turns, (5.0, HINT(AnsweredBy.FAX)), until=6.0)
    assert do.EndSession(CallStatus.VOICEMAIL_HANGUP) not in [effect for _, effect in stage.log]
