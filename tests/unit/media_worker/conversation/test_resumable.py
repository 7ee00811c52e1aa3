"""A connection that is lost for a moment."""

from callcore.calls import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import ResumableConversation
from tests.unit.media_worker.conversation.screenplay import Stage, greeted, said

LOST, BACK = did.TransportLost(), did.TransportBack()


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
