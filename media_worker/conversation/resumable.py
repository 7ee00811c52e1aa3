"""A conversation whose connection may be lost for a moment: time stands still until it is back (conversation.md 7).

While it is lost nothing is sent, no deadline passes, and what happens meanwhile is kept; after ten seconds it counts as
a hang-up. The conversation inside has a time of its own that knows nothing of the gaps.
"""

from dataclasses import replace

from media_worker.conversation import events as did
from media_worker.conversation.effects import CommitUser, Effect, Explain, HoldPlayout, ResumePlayout
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation

RESUME_S = 10.0
MAX_KEPT = 1000
"""Events of ten seconds; more are dropped."""


class ResumableConversation:
    """Used like the conversation that it holds."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._gaps_s = 0.0
        """How long the connection was lost so far."""
        self._lost_at: float | None = None
        self._kept: list[did.Event] = []

    @property
    def floor(self) -> Floor:
        """Who speaks."""
        return self._conversation.floor

    @property
    def stale_events(self) -> int:
        """How many events came from replies that were over."""
        return self._conversation.stale_events

    @property
    def notices_full(self) -> bool:
        """No more can be told to the agent's listener before it has said some of it."""
        return self._conversation.notices_full

    def handle(self, event: did.Event | did.TransportEvent, now: float) -> tuple[Effect, ...]:
        """What to do about an event."""
        match event:
            case did.TransportLost():
                return self._lost(now)
            case did.TransportBack():
                return self._back(now)
            case did.HungUp():
                self._kept.clear()
            case did.Terminated():
                self._kept.clear()
                event = event if self._lost_at is None else replace(event, message="")  # nobody would hear it
            case _ if self._lost_at is not None:
                if len(self._kept) < MAX_KEPT:
                    self._kept.append(self._timed_inside(event))
                return ()
        return self._outside(self._conversation.handle(self._timed_inside(event), self._inside(now)))

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called; None = not before the next event."""
        if self.floor is Floor.ENDED:
            return None
        if self._lost_at is not None:
            return self._lost_at + RESUME_S
        due = self._conversation.next_deadline()
        return None if due is None else due + self._gaps_s

    def handle_deadline(self, now: float) -> tuple[Effect, ...]:
        """What to do because nothing happened in time."""
        if self._lost_at is None:
            return self._outside(self._conversation.handle_deadline(self._due_inside(now)))
        return self.handle(did.HungUp(), now) if now >= self._lost_at + RESUME_S else ()

    def _lost(self, now: float) -> tuple[Effect, ...]:
        if self._lost_at is not None or self.floor is Floor.ENDED:
            return ()
        self._lost_at = now
        lost = Explain("waiting: the connection is lost")
        return (lost, HoldPlayout(audible=False)) if self.floor is Floor.ANSWERING else (lost,)

    def _back(self, now: float) -> tuple[Effect, ...]:
        if self._lost_at is None or self.floor is Floor.ENDED:
            return ()
        effects: list[Effect] = [Explain("going on: the connection is back")]
        if self.floor is Floor.ANSWERING:
            effects.append(ResumePlayout(audible=False))
        self._gaps_s += now - self._lost_at
        self._lost_at = None
        kept, self._kept = self._kept, []
        for event in kept:
            effects += self._outside(self._conversation.handle(event, self._inside(now)))
        return tuple(effects)

    # --- time -----------------------------------------------------------------------------------

    def _inside(self, at: float) -> float:
        return (at if self._lost_at is None else min(at, self._lost_at)) - self._gaps_s

    def _due_inside(self, now: float) -> float:
        """Rounding makes no deadline that is due here a future one inside."""
        due = self._conversation.next_deadline()
        if due is not None and due + self._gaps_s <= now:
            return max(self._inside(now), due)
        return self._inside(now)

    def _timed_inside(self, event: did.Event) -> did.Event:
        match event:
            case did.SpeechStarted(onset=float(onset)):
                return replace(event, onset=self._inside(onset))
            case did.SpeechEnded(true_end):
                return replace(event, true_end=self._inside(true_end))
            case did.Muted(since=since):
                return replace(event, since=self._inside(since))
        return event

    def _outside(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        if not self._gaps_s:
            return effects
        return tuple(
            replace(effect, true_end=effect.true_end + self._gaps_s) if isinstance(effect, CommitUser) else effect
            for effect in effects
        )
