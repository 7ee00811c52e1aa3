"""How long the user has spoken: what speech to text is charged by (protocol.md 11).

Times are arguments, in seconds on the session's clock.
"""

from media_worker.conversation import events as did


class SpeechTime:
    """Tell it what happens; pauses within a stretch of speech count, sounds that were found to be none do not."""

    def __init__(self) -> None:
        self._onset: float | None = None
        self._heard_s = 0.0

    def happened(self, event: did.Event | did.TransportEvent) -> None:
        """The session has heard this."""
        match event:
            case did.SpeechStarted(onset):
                self._onset = onset if self._onset is None else self._onset
            case did.SpeechEnded(true_end):
                self._heard_s += self._since_onset(true_end)
                self._onset = None
            case did.SoundJudged(did.Sound.ECHO | did.Sound.NOISE):
                self._onset = None

    def total_ms(self, now: float) -> int:
        """All of it until now; somebody may be speaking."""
        return round((self._heard_s + self._since_onset(now)) * 1000)

    def _since_onset(self, time: float) -> float:
        return 0.0 if self._onset is None else max(0.0, time - self._onset)
