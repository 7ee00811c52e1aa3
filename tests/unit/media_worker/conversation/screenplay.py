"""A small language for scripted conversations in virtual time (conversation.md 9.1)."""

from collections.abc import Iterable

from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import ResumableConversation

LETTERS = {
    do.StartReply: "S",
    do.PromoteReply: "S",
    do.Say: "Y",
    do.HoldPlayout: "P",
    do.ResumePlayout: "R",
    do.CutReply: "C",
    do.CommitUser: "U",
    do.RequestFinal: "F",
    do.EndSession: "E",
}
"""One letter an effect; transcripts and explanations are left out."""

TimedEvent = tuple[float, did.Event | did.TransportEvent]


class Stage:
    """Plays events against a conversation and writes down what it wanted done, and when."""

    def __init__(self, policy: TurnPolicy | None = None) -> None:
        self.conversation = ResumableConversation(Conversation(policy or TurnPolicy(greeting="Hello.")))
        self.log: list[tuple[float, do.Effect]] = []
        self.now = 0.0

    def play(self, *script: TimedEvent, until: float | None = None) -> "Stage":
        """Feed the events at their times, and every deadline on the way; then wait until `until`."""
        for at, event in script:
            self.wait(at)
            self.handle(event)
        if until is not None:
            self.wait(until)
        return self

    def handle(self, event: did.Event | did.TransportEvent) -> None:
        """It happens now."""
        self.perform(self.conversation.handle(event, self.now))

    def perform(self, effects: tuple[do.Effect, ...]) -> None:
        """Do what the conversation wants, now."""
        self.log += [(self.now, effect) for effect in effects]

    def wait(self, until: float) -> None:
        """Let time pass."""
        while (deadline := self.conversation.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.perform(self.conversation.handle_deadline(self.now))
            following = self.conversation.next_deadline()
            assert following is None or following > self.now, "a deadline that is due is dealt with"
        self.now = max(self.now, until)

    @property
    def letters(self) -> str:
        """The effects so far, one letter each."""
        return "".join(LETTERS.get(type(effect), "") for _, effect in self.log)

    def times(self, kind: type[do.Effect]) -> list[float]:
        """When effects of this kind were wanted."""
        return [round(at, 6) for at, effect in self.log if isinstance(effect, kind)]

    def texts(self, kind: type[do.CommitUser] | type[do.Say]) -> list[str]:
        """Their texts."""
        return [effect.text for _, effect in self.log if isinstance(effect, kind)]


def said(start: float, end: float, text: str, *, final_after: float = 0.05) -> Iterable[TimedEvent]:
    """The user speaks from `start` to `end`; the VAD reports both 100 ms late."""
    return (
        (start + 0.1, did.SpeechStarted()),
        (start + 0.3, did.PartialHeard(text)),
        (end + 0.1, did.SpeechEnded(end, round((end - start) * 1000))),
        (end + 0.1 + final_after, did.FinalHeard(text)),
    )


def sound(start: float, end: float) -> Iterable[TimedEvent]:
    """A noise that the VAD takes for speech and the recogniser finds no words in."""
    return (
        (start + 0.1, did.SpeechStarted()),
        (end + 0.1, did.SpeechEnded(end, round((end - start) * 1000))),
        (end + 0.15, did.FinalHeard("")),
    )


def greeted() -> list[TimedEvent]:
    """A greeting from 0 to 1 s."""
    return [
        (0.0, did.Ready()),
        (0.1, did.PlayoutStarted(0)),
        (0.9, did.ReplyEnded(0, False)),
        (1.0, did.PlayoutDrained(0)),
    ]
