"""A connection that is lost for a moment."""

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.machine import Conversation
from media_worker.conversation.notices import MAX_WAITING
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import HOLD_S, ResumableConversation
from tests.unit.media_worker.conversation.screenplay import Stage, greeted, said

LOST, BACK = did.TransportLost(), did.TransportBack()
AWAY, HERE = did.PutOnHold(), did.TakenOffHold()


def test_every_deadline_is_as_much_later_as_the_gap_was_long() -> None:
    policy = TurnPolicy(greeting="Hello.", max_idle_s=10.0, max_duration_s=30.0)
    stage = Stage(policy).play(*greeted(), (3.0, LOST), (7.0, BACK), until=60.0)
    assert stage.times(do.EndSession) == [15.0]
    stage = Stage(TurnPolicy(greeting="Hello.", max_duration_s=30.0)).play(
        *greeted(), (3.0, LOST), (7.0, BACK), until=60.0
    )
    assert stage.times(do.EndSession) == [34.0]


def test_a_deadline_that_is_due_is_dealt_with_however_the_gap_is_rounded() -> None:
    for gap_ms in range(100, 10_000, 100):
        conversation = ResumableConversation(Conversation(TurnPolicy(user_start_first=True, max_duration_s=30.1)))
        for event, at in ((did.Ready(), 0.0146), (LOST, 1.3), (BACK, 1.3 + gap_ms / 1000)):
            conversation.handle(event, at)
        due = conversation.next_deadline()
        assert due is not None
        assert do.EndSession(CallStatus.TIMEOUT) in conversation.handle_deadline(due)


def test_a_turn_that_was_cut_by_the_gap_goes_on_after_it_and_its_end_is_told_in_the_sessions_time() -> None:
    stage = Stage().play(*greeted(), (2.1, did.SpeechStarted(2.0)), (2.5, LOST), (6.5, BACK), until=6.6)
    stage.play((7.1, did.SpeechEnded(7.0, 900)), (7.2, did.FinalHeard("book a table")), until=9.0)
    (turn,) = [effect for _, effect in stage.log if isinstance(effect, do.CommitUser)]
    assert (turn.text, turn.true_end) == ("book a table", 7.0)
    assert stage.times(do.StartReply) == [7.5]


def test_what_happens_meanwhile_is_dealt_with_afterwards() -> None:
    stage = Stage().play(*greeted(), *said(2.0, 3.0, "hello you"), (4.0, LOST), (5.0, did.ReplyFailed(1)), until=5.5)
    assert stage.letters == "YFUSP"
    stage.play((6.0, BACK))
    assert stage.letters == "YFUSPRCY"


def test_ten_seconds_are_a_hang_up_and_nothing_follows() -> None:
    stage = Stage().play(*greeted(), (3.0, LOST), (12.9, did.UserTyped("hello")), (13.5, BACK), until=30.0)
    assert stage.log[-1] == (13.0, do.EndSession(CallStatus.USER_ENDED))


def test_a_hang_up_or_an_end_from_outside_does_not_wait_for_the_connection() -> None:
    for event, reason in (
        (did.HungUp(), CallStatus.USER_ENDED),
        (did.Terminated(CallStatus.API_ENDED), CallStatus.API_ENDED),
    ):
        stage = Stage().play(*greeted(), (3.0, LOST), (4.0, event), (5.0, BACK), (5.0, LOST), until=30.0)
        assert stage.log[-1] == (4.0, do.EndSession(reason))


def test_news_that_changes_nothing() -> None:
    stage = Stage().play(*greeted(), (2.0, BACK), (3.0, LOST), (4.0, LOST), (5.0, BACK), until=6.0)
    assert stage.letters == "Y"


def test_a_reply_that_the_user_holds_is_still_held_by_him_afterwards() -> None:
    script = [*greeted(), *said(2.0, 3.0, "hello you"), (4.0, did.PlayoutStarted(1)), (5.1, did.SpeechStarted())]
    stage = Stage().play(*script, (5.5, LOST), (9.5, BACK), until=11.0)
    assert stage.letters == "YFUSP"
    assert stage.play(until=13.0).times(do.ResumePlayout) == [12.1]


def test_on_hold_the_client_is_told_that_a_reply_pauses_and_goes_on_when_some_of_it_was_sent() -> None:
    script = [*greeted(), *said(2.0, 3.0, "hello you")]
    sounding = Stage().play(*script, (4.0, did.PlayoutStarted(1)), (5.0, AWAY), (300.0, HERE))
    assert sounding.log[-1] == (300.0, do.ResumePlayout(audible=True))
    assert (5.0, do.HoldPlayout(audible=True)) in sounding.log
    thinking = Stage().play(*script, (5.0, AWAY), (300.0, HERE))
    assert thinking.log[-1] == (300.0, do.ResumePlayout(audible=False))


def test_a_hold_asks_nobody_whether_he_is_there_and_leaves_as_much_patience_as_there_was() -> None:
    policy = TurnPolicy(greeting="Hello.", max_idle_s=20.0, inactivity_s=8.0, inactivity_message="Are you there?")
    stage = Stage(policy).play(*greeted(), until=3.0)
    waited_s = 3.0 - stage.conversation._conversation._board.silent_since
    stage.play((3.0, AWAY), (300.0, HERE), until=310.0)
    assert stage.texts(do.Say) == ["Hello.", "Are you there?"]
    assert stage.times(do.Say)[1] == 300.0 + 8.0 - waited_s


def test_a_hold_that_is_forgotten_is_a_hang_up() -> None:
    stage = Stage(TurnPolicy(greeting="Hello.", max_duration_s=2000.0)).play(*greeted(), (3.0, AWAY), until=1999.0)
    assert stage.log[-1] == (3.0 + HOLD_S, do.EndSession(CallStatus.USER_ENDED))


def test_holds_are_part_of_the_longest_duration() -> None:
    policy = TurnPolicy(greeting="Hello.", max_duration_s=100.0)
    stage = Stage(policy).play(*greeted(), (3.0, AWAY), (43.0, HERE), (50.0, LOST), (55.0, BACK), until=200.0)
    assert stage.log[-1] == (105.0, do.EndSession(CallStatus.TIMEOUT))
    stage = Stage(policy).play(*greeted(), (3.0, AWAY), (43.0, HERE), (50.0, AWAY), until=200.0)
    assert stage.log[-1] == (100.0, do.EndSession(CallStatus.TIMEOUT))


def test_a_hold_is_over_when_it_is_taken_back_and_not_when_some_connection_is_back() -> None:
    stage = Stage().play(*greeted(), (3.0, AWAY), (4.0, BACK), (5.0, did.UserTyped("hello you")), until=6.0)
    assert stage.letters == "Y"
    assert stage.play((7.0, HERE)).texts(do.CommitUser) == ["hello you"]


def test_no_more_texts_wait_for_the_end_of_a_hold_than_can_be_said() -> None:
    stage = Stage().play(*greeted(), (3.0, AWAY))
    for number in range(MAX_WAITING):
        assert not stage.conversation.notices_full
        stage.handle(did.Told(f"News {number}."))
    assert stage.conversation.notices_full
