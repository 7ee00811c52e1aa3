"""A conversation that nobody hears for a while: time stands still until the user is back (conversation.md 7).

His connection may be lost for a moment, or he puts the call on hold. Meanwhile nothing is sent, no deadline passes, and
what happens is kept; when it lasts too long it counts as a hang-up. The conversation inside has a time of its own that
knows nothing of the gaps. Of a call's maximum duration a hold is a part: it has its caller's line all the time.
"""

from dataclasses import dataclass, replace

from callcore.calls.call import CallStatus
from media_worker.conversation import events as did
from media_worker.conversation.effects import CommitUser, Effect, Explain, HoldPlayout, ResumePlayout
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.notices import MAX_WAITING

RESUME_S = 10.0
"""A connection that is lost for so long will not come back."""
HOLD_S = 600.0
"""Who puts a call on hold for so long has forgotten it."""
MAX_KEPT = 1000
"""Events; more are dropped."""


@dataclass(frozen=True)
class _Gap:
    """Why time stands still."""

    began: str
    ended: str
    is_told: bool
    """The client hears of it when the agent falls silent; a lost one hears nothing."""


_LOST = _Gap("waiting: the connection is lost", "going on: the connection is back", is_told=False)
_ON_HOLD = _Gap("waiting: the call is on hold", "going on: the call is off hold", is_told=True)


class ResumableConversation:
    """Used like the conversation that it holds."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._gaps_s = 0.0
        """How long time stood still so far."""
        self._gap: _Gap | None = None
        """Why it does now; None: it does not."""
        self._began_at = self._until = 0.0
        """Since when, and how long it may."""
        self._too_long: did.Event = did.HungUp()
        """What it is when it lasts longer."""
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
        told = sum(isinstance(event, did.Told) for event in self._kept)
        return self._conversation.notices_waiting + told >= MAX_WAITING

    def handle(self, event: did.Event | did.TransportEvent, now: float) -> tuple[Effect, ...]:
        """What to do about an event."""
        match event:
            case did.TransportLost():
                return self._stop(_LOST, now, RESUME_S)
            case did.PutOnHold():
                return self._stop(_ON_HOLD, now, HOLD_S)
            case did.TransportBack() | did.TakenOffHold():
                is_back = self._gap is (_LOST if isinstance(event, did.TransportBack) else _ON_HOLD)
                return self._go_on(now) if is_back else ()
            case did.HungUp():
                self._kept.clear()
            case did.Terminated():
                self._kept.clear()
                event = event if self._gap is None else replace(event, message="")  # nobody would hear it
            case _ if self._gap is not None:
                if len(self._kept) < MAX_KEPT:
                    self._kept.append(self._timed_inside(event))
                return ()
        return self._outside(self._conversation.handle(self._timed_inside(event), self._inside(now)))

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called; None = not before the next event."""
        if self.floor is Floor.ENDED:
            return None
        if self._gap is not None:
            return self._until
        due = self._conversation.next_deadline()
        return None if due is None else due + self._gaps_s

    def handle_deadline(self, now: float) -> tuple[Effect, ...]:
        """What to do because nothing happened in time."""
        if self._gap is None:
            return self._outside(self._conversation.handle_deadline(self._due_inside(now)))
        return self.handle(self._too_long, now) if now >= self._until else ()

    def _stop(self, gap: _Gap, now: float, at_most_s: float) -> tuple[Effect, ...]:
        if self._gap is not None or self.floor is Floor.ENDED:
            return ()
        self._gap, self._began_at, self._until, self._too_long = gap, now, now + at_most_s, did.HungUp()
        time_up = self._conversation.time_up_at
        if gap is _ON_HOLD and time_up is not None and time_up + self._gaps_s < self._until:
            self._until, self._too_long = time_up + self._gaps_s, did.Terminated(CallStatus.TIMEOUT)
        effects: tuple[Effect, ...] = (Explain(gap.began),)
        return (*effects, HoldPlayout(self._is_heard(gap))) if self.floor is Floor.ANSWERING else effects

    def _go_on(self, now: float) -> tuple[Effect, ...]:
        gap = self._gap
        if gap is None or self.floor is Floor.ENDED:
            return ()
        effects: list[Effect] = [Explain(gap.ended)]
        if self.floor is Floor.ANSWERING:
            effects.append(ResumePlayout(self._is_heard(gap)))
        lasted_s = now - self._began_at
        self._gap = None
        self._gaps_s += lasted_s
        if gap is _ON_HOLD:
            self._conversation.lasts_longer(lasted_s)
        kept, self._kept = self._kept, []
        for event in kept:
            effects += self._outside(self._conversation.handle(event, self._inside(now)))
        return tuple(effects)

    def _is_heard(self, gap: _Gap) -> bool:
        """Whether the client must be told that the agent pauses."""
        return gap.is_told and self._conversation.audible

    # --- time -----------------------------------------------------------------------------------

    def _inside(self, at: float) -> float:
        return (at if self._gap is None else min(at, self._began_at)) - self._gaps_s

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
