"""Both sides of a call on one timeline: the caller as we heard them, the agent as the caller heard it.

The agent's audio is sent ahead of being heard. It is heard one piece after the other, the first as soon as it is sent;
a hold stops it, and what is unheard when it is cleared is never heard (architecture.md 4). Times are arguments, in
seconds on one monotonic clock; audio is PCM, signed 16 bit, mono.
"""

from collections import deque

BYTES_PER_SAMPLE = 2
JITTER_S = 0.1
"""The caller's audio may come that much later than it should and still follow what came before it without a gap."""
MAX_LEAD_S = 10.0
"""A caller's audio may be that far ahead of real time; more is not recorded."""
SETTLE_S = 0.5
"""Older than this, the timeline is final."""


class Track:
    """One side. Positions are samples from the beginning; silence is where nothing was placed."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[int, bytes]] = deque()
        """Positions and sounds in order; they do not overlap."""
        self._taken = 0
        self.end = 0
        """Where the last sound ends."""

    def place(self, position: int, pcm: bytes) -> None:
        """Put a sound there, or as early after it as there is room."""
        if pcm:
            start = max(position, self.end, self._taken)
            self._pieces.append((start, pcm))
            self.end = start + len(pcm) // BYTES_PER_SAMPLE

    def cut(self, position: int) -> bytes:
        """Take away what sounds from there on."""
        removed: deque[bytes] = deque()
        while self._pieces and self.end > position:
            start, pcm = self._pieces.pop()
            kept = pcm[: max(0, position - start) * BYTES_PER_SAMPLE]
            removed.appendleft(pcm[len(kept) :])
            if kept:
                self._pieces.append((start, kept))
            self.end = _end_of(self._pieces[-1]) if self._pieces else 0
        return b"".join(removed)

    def take(self, stop: int) -> bytes:
        """Everything up to there that was not taken before."""
        sound: list[bytes] = []
        while self._taken < stop:
            if not self._pieces or self._pieces[0][0] >= stop:
                sound.append(bytes((stop - self._taken) * BYTES_PER_SAMPLE))
                self._taken = stop
                break
            start, pcm = self._pieces.popleft()
            now_due = pcm[: (stop - start) * BYTES_PER_SAMPLE]
            sound += (bytes((start - self._taken) * BYTES_PER_SAMPLE), now_due)
            self._taken = start + len(now_due) // BYTES_PER_SAMPLE
            if len(now_due) < len(pcm):
                self._pieces.appendleft((self._taken, pcm[len(now_due) :]))
        return b"".join(sound)


def _end_of(piece: tuple[int, bytes]) -> int:
    return piece[0] + len(piece[1]) // BYTES_PER_SAMPLE


class CallSound:
    """Takes the sounds of a call as they come, and gives them as two streams of one length."""

    def __init__(self, sample_rate_hz: int, began_at: float) -> None:
        self._rate_hz = sample_rate_hz
        self._began_at = began_at
        self._caller = Track()
        self._agent = Track()
        self._held: list[bytes] | None = None
        """What was sent and waits, while the agent is held."""

    def caller_said(self, pcm: bytes, now: float) -> None:
        """The caller's audio has come; it ends now."""
        position = self._position(now) - len(pcm) // BYTES_PER_SAMPLE
        if self._caller.end - position > MAX_LEAD_S * self._rate_hz:
            return
        is_gap = position - self._caller.end > JITTER_S * self._rate_hz
        self._caller.place(position if is_gap else self._caller.end, pcm)

    def agent_said(self, pcm: bytes, now: float) -> None:
        """The agent's audio is sent."""
        if self._held is None:
            self._agent.place(self._position(now), pcm)
        else:
            self._held.append(pcm)

    def hold(self, now: float) -> None:
        """The caller's client stops playing."""
        if self._held is None:
            self._held = [self._agent.cut(self._position(now))]

    def resume(self, now: float) -> None:
        """It goes on where it stopped."""
        if self._held is not None:
            self._agent.place(self._position(now), b"".join(self._held))
            self._held = None

    def clear(self, now: float) -> None:
        """It forgets what it has not played."""
        self._held = None
        self._agent.cut(self._position(now))

    def take(self, now: float) -> tuple[bytes, bytes]:
        """What is final of the caller's side and the agent's, and was not taken before."""
        return self._take(self._position(now - SETTLE_S))

    def take_rest(self, now: float) -> tuple[bytes, bytes]:
        """The same up to now: the call is over."""
        return self._take(self._position(now))

    def _take(self, stop: int) -> tuple[bytes, bytes]:
        return self._caller.take(stop), self._agent.take(stop)

    def _position(self, now: float) -> int:
        return max(0, round((now - self._began_at) * self._rate_hz))
