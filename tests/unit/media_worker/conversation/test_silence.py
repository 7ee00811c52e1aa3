"""What silence makes the agent say (conversation.md 7)."""

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.policy import TurnPolicy
from tests.unit.media_worker.conversation.screenplay import Stage, greeted, said, sound

ASKING = TurnPolicy(greeting="Hello.", inactivity_s=10.0, inactivity_message="Are you there?")
FILLING = TurnPolicy(greeting="Hello.", filler_after_s=1.5, fillers=("Um.", "Okay."))


def heard(turn_id: int, start: float, end: float) -> list[tuple[float, did.Event]]:
    """A reply that sounds from `start` to `end`."""
    return [
        (start, did.PlayoutStarted(turn_id)),
        (end, did.ReplyEnded(turn_id, False)),
        (end, did.PlayoutDrained(turn_id)),
    ]


def test_the_agent_asks_twice_and_the_second_time_later() -> None:
    script = [*greeted(), *heard(1, 11.0, 12.0), *heard(2, 27.0, 28.0)]
    stage = Stage(ASKING).play(*script, until=100.0)
    assert stage.times(do.Say) == [0.0, 11.0, 27.0]


def test_words_make_it_patient_again() -> None:
    script = [*greeted(), *heard(1, 11.0, 12.0), *said(14.0, 15.0, "yes I am"), *heard(2, 16.0, 17.0)]
    assert Stage(ASKING).play(*script, until=30.0).times(do.Say) == [0.0, 11.0, 27.0]


def test_a_noise_restarts_the_wait() -> None:
    stage = Stage(ASKING).play(*greeted(), *sound(9.0, 9.4), until=25.0)
    assert stage.times(do.Say) == [0.0, 19.4]


def test_nobody_is_asked_before_anybody_spoke() -> None:
    policy = TurnPolicy(user_start_first=True, inactivity_s=10.0, inactivity_message="Hm?", max_idle_s=30.0)
    stage = Stage(policy).play((0.0, did.Ready()), until=60.0)
    assert stage.letters == "E"
    assert stage.log[-1] == (30.0, do.EndSession(CallStatus.TIMEOUT))


def test_asking_does_not_put_off_the_end_of_an_idle_call() -> None:
    policy = TurnPolicy(greeting="Hello.", inactivity_s=10.0, inactivity_message="Hm?", max_idle_s=15.0)
    stage = Stage(policy).play(*greeted(), *heard(1, 11.0, 12.0), until=60.0)
    assert stage.log[-1] == (16.0, do.EndSession(CallStatus.TIMEOUT))


def test_a_slow_reply_is_filled_once_from_the_true_end_of_speech() -> None:
    stage = Stage(FILLING).play(*greeted(), *said(2.0, 3.0, "a table"), until=20.0)
    assert stage.times(do.Fill) == [4.5]


def test_a_reply_that_is_on_its_way_is_not_filled() -> None:
    stage = Stage(FILLING).play(*greeted(), *said(2.0, 3.0, "a table"), (4.4, did.PlayoutStarted(1)), until=20.0)
    assert stage.times(do.Fill) == []


def test_fillers_alternate_and_greetings_have_none() -> None:
    script = [(0.0, did.Ready()), *heard(0, 5.0, 6.0), *said(7.0, 8.0, "one"), *heard(1, 12.0, 13.0)]
    stage = Stage(FILLING).play(*script, *said(14.0, 15.0, "two"), until=20.0)
    assert [effect for _, effect in stage.log if isinstance(effect, do.Fill)] == [
        do.Fill(1, "Um."),
        do.Fill(2, "Okay."),
    ]


def test_a_held_reply_is_not_filled() -> None:
    script = [*greeted(), *said(2.0, 3.0, "a table"), (3.9, did.SpeechStarted())]
    assert Stage(FILLING).play(*script, until=6.0).times(do.Fill) == []
