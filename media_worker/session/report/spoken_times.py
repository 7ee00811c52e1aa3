"""When each message of a call was spoken: what lets its recording and its transcript be followed together.

Times are arguments, in seconds on the session's clock.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from callcore.calls.transcript import Transcript
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.session.clock import WorkerClock

MAX_ROWS = 400
"""The newest are kept, so that a stored call stays small."""
FORGOTTEN_S = 5.0
"""A sound that became no turn, and was followed by so long a silence, is not the beginning of the next one."""


def spoken_times(clock: WorkerClock, transcript: Transcript) -> "SpokenTimes":
    """Those of a call whose recording begins now."""
    return SpokenTimes(clock.monotonic_s(), transcript.__len__)


class SpokenTimes:
    """Tell it what happens."""

    def __init__(self, began_at: float = 0.0, messages: Callable[[], int] = lambda: 0) -> None:
        """`began_at` is when the recording began; `messages` tells how many the chat has now."""
        self._began_at = began_at
        self._messages = messages
        self._rows: deque[dict[str, Any]] = deque(maxlen=MAX_ROWS)
        self._onset: float | None = None
        self._silent_since: float | None = None
        self._is_agent_heard = False

    def happened(self, event: did.Event | did.TransportEvent, now: float) -> None:
        """The conversation is about to hear of this."""
        match event:
            case did.SpeechStarted(onset):
                self._user_began(now if onset is None else onset)
            case did.SpeechEnded(true_end):
                self._silent_since = true_end
            case did.SoundJudged(did.Sound.ECHO | did.Sound.NOISE):
                self._onset = None
            case did.PlayoutStarted():
                self._add(now, None)
                self._is_agent_heard = True
            case did.PlayoutDrained():
                self._agent_ended(now)

    def decided(self, effect: do.Effect, now: float) -> None:
        """The conversation wants this, and nothing of it is done yet."""
        match effect:
            case do.CommitUser(_, true_end):
                self._add(true_end if self._onset is None else min(self._onset, true_end), true_end)
                self._onset = None
            case do.CutReply():
                self._agent_ended(now)

    def rows(self) -> list[dict[str, Any]]:
        """From which message on what was said when, in milliseconds; without `end_ms` until the call was over."""
        return list(self._rows)

    def _user_began(self, onset: float) -> None:
        is_old = self._silent_since is not None and onset - self._silent_since > FORGOTTEN_S
        if self._onset is None or is_old:
            self._onset = onset

    def _agent_ended(self, now: float) -> None:
        if self._is_agent_heard:
            self._is_agent_heard = False
            spoken = next((row for row in reversed(self._rows) if row["end_ms"] is None), None)
            if spoken is not None:
                spoken["end_ms"] = self._ms(now)

    def _add(self, start: float, end: float | None) -> None:
        end_ms = None if end is None else self._ms(end)
        self._rows.append({"message": self._messages(), "start_ms": self._ms(start), "end_ms": end_ms})

    def _ms(self, time: float) -> int:
        return max(0, round((time - self._began_at) * 1000))
