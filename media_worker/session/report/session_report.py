"""What a session used, and what its turns cost in time, seen from its events and the conversation's effects.

Times are arguments, in seconds on the session's clock; callcore.calls.latency says what the figures mean.
"""

from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from callcore.calls.latency import Hold, ReportedTurn, TurnLatency, call_metrics
from callcore.calls.usage import UNNAMED, Component, Meter, Service, Unit, UsageLine
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.session.report.speech_time import SpeechTime
from media_worker.session.report.spoken_times import SpokenTimes

MAX_ROWS = 200
"""Of turns and of holds; the newest are kept, so that a stored call stays small."""


class SessionReport:
    """Tell it what happens; it decides nothing."""

    def __init__(
        self,
        serving: Callable[[Component], Service] = lambda component: UNNAMED,
        spoken: SpokenTimes | None = None,
    ) -> None:
        """`serving` tells who serves a component now."""
        self.meter = Meter(serving)
        """For whoever knows of other usage than this report sees."""
        self.last_message_at = -inf
        """When the user last wrote something, or the agent had said what it had to say."""
        self._spoken = spoken or SpokenTimes()
        self._speech = SpeechTime()
        self._turns: deque[ReportedTurn] = deque(maxlen=MAX_ROWS)
        self._holds: deque[Hold] = deque(maxlen=MAX_ROWS)
        self._onset: float | None = None
        self._final: tuple[str, float] | None = None
        """The last final text since the last turn, and when it came."""
        self._transcription_delay: int | None = None
        self._endpointing_wait: int | None = None
        """Both of the last turn."""
        self._held: tuple[float, float | None] | None = None
        """Since when the agent is held, and the onset of the sound that did it."""
        self._on_hold = False
        """The user has turned away: no sound holds the agent."""
        self._owed = self._unawaited = -1
        """The last answer that was owed, and the last one for which nobody waited."""

    def happened(self, event: did.Event | did.TransportEvent, now: float) -> None:
        """The conversation is about to hear of this."""
        self._speech.happened(event)
        self._spoken.happened(event, now)
        match event:
            case did.SpeechStarted(onset):
                self._onset = onset
            case did.FinalHeard(text) if text:
                self._final = (text, now)
            case did.UserTyped() | did.ReplyEnded() | did.PlayoutDrained():
                self.last_message_at = now
            case did.PutOnHold():
                self._held, self._on_hold, self._unawaited = None, True, self._owed
            case did.TakenOffHold():
                self._on_hold = False

    def decided(self, effect: do.Effect, now: float) -> None:
        """The conversation wants this."""
        self._spoken.decided(effect, now)
        match effect:
            case do.CommitUser(text, true_end, wait_s):
                self._endpointing_wait = None if wait_s is None else round(wait_s * 1000)
                is_final = self._final is not None and text.endswith(self._final[0])
                self._transcription_delay = _ms(true_end, self._final[1]) if is_final and self._final else None
                self._final = None
            case do.StartReply(turn_id) | do.PromoteReply(turn_id):
                self._owed = turn_id
            case do.HoldPlayout(audible=True) if not self._on_hold:
                self._held = (now, self._onset)
            case do.ResumePlayout():
                self._release(now, is_cut=False)
            case do.CutReply():
                self._release(now, is_cut=True)

    def answered(self, turn_id: int, latency: TurnLatency) -> None:
        """The first sample of an answer to the last turn was sent."""
        if turn_id != self._unawaited:
            self._turns.append(ReportedTurn(turn_id, latency, self._transcription_delay, self._endpointing_wait))

    def metrics(self) -> Mapping[str, Any]:
        """`call_metrics` so far."""
        return call_metrics(tuple(self._turns), tuple(self._holds), self._spoken.rows())

    def usage(self, transport: str, started_at: float, now: float) -> tuple[UsageLine, ...]:
        """What a session over `transport` has used until now."""
        call = UsageLine(Unit.CALL_MS, round((now - started_at) * 1000), service=Service(transport))
        speech = self.meter.line(Unit.STT_SPEECH_MS, self._speech.total_ms(now))
        return (call, *([speech] if speech.quantity else []), *self.meter.lines())

    def _release(self, now: float, *, is_cut: bool) -> None:
        if self._held is None:
            return
        (held_at, onset), self._held = self._held, None
        since_onset = None if onset is None else _ms(onset, now)
        hold_onset = None if onset is None else _ms(onset, held_at)
        self._holds.append(Hold(hold_onset, _ms(held_at, now), since_onset if is_cut else None))


def _ms(start: float, end: float) -> int:
    return round((end - start) * 1000)
