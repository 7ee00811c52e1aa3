"""What the account's back end has the agent say."""

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.notices import MAX_WAITING
from media_worker.conversation.policy import TurnPolicy

POLICY = TurnPolicy(greeting="Hello.")


class Talk:
    """A conversation whose greeting is under way."""

    def __init__(self, policy: TurnPolicy = POLICY) -> None:
        self.conversation = Conversation(policy)
        self.now = 0.0
        self.handle(did.Ready())
        self.handle(did.PlayoutStarted(0))

    def handle(self, *events: did.Event) -> list[str]:
        """What is said because of the events."""
        self.now += 1
        effects = [effect for event in events for effect in self.conversation.handle(event, self.now)]
        return [effect.text for effect in effects if isinstance(effect, do.Say)]


def test_it_is_said_when_nobody_speaks() -> None:
    talk = Talk()
    assert talk.handle(did.Told("The shop closes.")) == []
    assert talk.handle(did.PlayoutDrained(0)) == ["The shop closes."]
    assert talk.conversation.floor is Floor.ANSWERING
    assert talk.handle(did.PlayoutStarted(1), did.PlayoutDrained(1)) == []
    assert talk.handle(did.Told("At once.")) == ["At once."]


def test_several_are_said_in_their_order_one_after_the_other() -> None:
    talk = Talk()
    talk.handle(did.Told("One."), did.Told("Two."))
    assert talk.handle(did.PlayoutDrained(0)) == ["One."]
    assert talk.handle(did.PlayoutDrained(1)) == ["Two."]


def test_the_users_turn_and_its_answer_go_first() -> None:
    talk = Talk()
    talk.handle(did.PlayoutDrained(0), did.SpeechStarted(), did.PartialHeard("when are you open"))
    assert talk.handle(did.Told("News.")) == []
    # A second has passed since he fell silent: that was his turn.
    assert talk.handle(did.SpeechEnded(talk.now, 900), did.FinalHeard("when are you open")) == []
    assert talk.conversation.floor is Floor.ANSWERING
    assert talk.handle(did.PlayoutStarted(1), did.ReplyEnded(1, False), did.PlayoutDrained(1)) == ["News."]


def test_it_may_be_interrupted_and_is_not_repeated() -> None:
    talk = Talk()
    talk.handle(did.Told("A long text."), did.PlayoutDrained(0), did.PlayoutStarted(1))
    assert talk.handle(did.UserTyped("stop")) == []
    assert talk.handle(did.PlayoutStarted(2), did.ReplyEnded(2, False), did.PlayoutDrained(2)) == []


def test_nothing_is_said_before_the_beginning_nor_when_the_end_is_near() -> None:
    conversation = Conversation(POLICY)
    assert conversation.handle(did.Told("Too early."), 0.0) == ()
    talk = Talk()
    talk.handle(did.Told("Too late."))
    assert talk.handle(did.Terminated(CallStatus.API_ENDED, "Bye.")) == ["Bye."]
    assert talk.handle(did.PlayoutDrained(1)) == []
    assert talk.conversation.floor is Floor.ENDED


def test_so_many_wait_and_no_more() -> None:
    talk = Talk()
    for number in range(MAX_WAITING):
        assert talk.conversation.notices_waiting < MAX_WAITING
        talk.handle(did.Told(str(number)))
    assert talk.conversation.notices_waiting == MAX_WAITING
    assert talk.handle(did.PlayoutDrained(0)) == ["0"]
    assert talk.conversation.notices_waiting < MAX_WAITING


def test_it_waits_for_a_user_who_starts_first_only_while_he_speaks() -> None:
    talk = Conversation(TurnPolicy(user_start_first=True))
    talk.handle(did.Ready(), 0.0)
    assert [effect.text for effect in talk.handle(did.Told("Hi."), 1.0) if isinstance(effect, do.Say)] == ["Hi."]
