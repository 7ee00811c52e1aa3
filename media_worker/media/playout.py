"""The agent's audio on its way to the listener: what to send now, and what has been heard.

Audio is sent at most `send_ahead_s` before it is heard. Heard is a clock, not a count of bytes: it starts
with the first sample sent, stops while held or while there is nothing left to play, and never passes what
was sent (architecture.md 4). All times are arguments, in seconds on one monotonic clock.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from callcore.calls.transcript import TextTime

BYTES_PER_SAMPLE = 2
MS_PER_CHARACTER = 65
"""English at about 160 words a minute."""


@dataclass
class Segment:
    """A piece of the reply's text and the audio that says it."""

    text: str
    start: int
    """Position of its first byte in the reply's audio."""
    size: int = 0
    """Bytes of audio so far."""
    complete: bool = False
    """All of its audio is here."""
    aside: bool = False
    """It is no part of the reply's text: a filler."""
    times: list[TextTime] = field(default_factory=list)
    """When its words are said, as far as the voice told."""


@dataclass(frozen=True)
class HeardSegment:
    """How much of a segment was heard when the reply was cut."""

    text: str
    heard_ms: int
    duration_ms: int
    complete: bool
    """Whether `duration_ms` covers the whole text."""
    aside: bool = False
    """It is no part of the reply's text."""
    times: tuple[TextTime, ...] = ()
    """When its words are said, as far as the voice told."""

    @property
    def full_ms(self) -> float:
        """Duration of the whole text; while audio is missing, what is not timed yet is taken at an ordinary pace."""
        if self.complete:
            return self.duration_ms
        timed = self.times[-1] if self.times else TextTime(0, 0.0)
        return max(self.duration_ms, timed.at_ms + (len(self.text) - timed.position) * MS_PER_CHARACTER)


class Playout:
    """One reply's audio. Use a new one for every reply."""

    wants_sound = True
    """A segment counts as heard by its audio."""
    between_parts = " "
    """What stands between the texts before and after a function call."""

    def __init__(self, sample_rate_hz: int, send_ahead_s: float) -> None:
        self._bytes_per_s = sample_rate_hz * BYTES_PER_SAMPLE
        self._send_ahead_s = send_ahead_s
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._sent = 0
        self._unheard = bytearray()
        """Sent, and not taken by `take_heard` yet."""
        self._taken = 0
        """Bytes that `take_heard` has returned."""
        self._segments: list[Segment] = []
        self._started_segments = 0
        self._finished = False
        self._zero: float | None = None
        """When the audio's first sample would have been heard if nothing had ever stopped the clock."""
        self._held_at: float | None = None
        """What had been heard, in seconds, when the hold began."""
        self._late_s = 0.0
        self._heard_before_s = 0.0
        """Was heard before the clock last stood still."""

    def delay(self, late_s: float) -> None:
        """From now on what was sent sounds so much later than it would if it were played as it was sent."""
        self._late_s = late_s

    # --- filling --------------------------------------------------------------------------------

    def begin_segment(self, text: str, *, aside: bool = False) -> None:
        """The audio that follows says `text`; an aside is no part of the reply's text."""
        self._segments.append(Segment(text, self._sent + self._queued, aside=aside))

    @property
    def empty(self) -> bool:
        """No segment has begun."""
        return not self._segments

    def add(self, pcm: bytes) -> None:
        """Append audio of the last segment begun; an even number of bytes."""
        if pcm:
            self._queue.append(pcm)
            self._queued += len(pcm)
            self._segments[-1].size += len(pcm)

    def silence(self, ms: int) -> bytes:
        """Audio of nothing."""
        return bytes(round(self._bytes_per_s * ms / 1000 / BYTES_PER_SAMPLE) * BYTES_PER_SAMPLE)

    def withdraw(self, from_ms: float) -> None:
        """Of the last segment begun play no more than so much, except for what was sent already."""
        segment = self._segments[-1]
        kept = round(from_ms * self._bytes_per_s / 1000 / BYTES_PER_SAMPLE) * BYTES_PER_SAMPLE
        excess = min(segment.size - kept, self._queued)
        while excess > 0:
            last = self._queue.pop()
            if len(last) > excess:
                self._queue.append(last[:-excess])
            dropped = min(len(last), excess)
            excess -= dropped
            self._queued -= dropped
            segment.size -= dropped

    def time_text(self, time: TextTime) -> None:
        """When a part of the last segment begun is said, in ms of its audio; what was told of later times is void."""
        times = self._segments[-1].times
        while times and times[-1].at_ms > time.at_ms:
            times.pop()
        times.append(time)

    def end_segment(self) -> None:
        """The audio of the last segment begun is complete."""
        self._segments[-1].complete = True

    def finish(self) -> None:
        """No more audio follows."""
        self._finished = True

    @property
    def queued_s(self) -> float:
        """Audio that waits to be sent, in seconds."""
        return self._queued / self._bytes_per_s

    # --- playing --------------------------------------------------------------------------------

    @property
    def started(self) -> bool:
        """A sample has been sent."""
        return self._zero is not None

    @property
    def audible(self) -> bool:
        """The listener hears it, as far as we know."""
        return self._zero is not None and self._held_at is None

    @property
    def held(self) -> bool:
        """Nothing is sent until `resume`."""
        return self._held_at is not None

    def join(self, texts: Iterable[str]) -> str:
        """The texts of segments as one."""
        return join_segments(texts)

    def take_due(self, now: float) -> bytes:
        """The audio to send now; empty when none is due. Call it every frame."""
        if self._held_at is not None or not self._queued:
            return b""
        if self._zero is None:
            self._zero = now
        elif now - self._zero > self._sent_s:
            self._heard_before_s = self.heard_s(now)
            self._zero = now - self._sent_s  # starved: the clock stood still since the last sample
        due_samples = round((now - self._zero + self._send_ahead_s) * self._bytes_per_s / BYTES_PER_SAMPLE)
        return self._take(due_samples * BYTES_PER_SAMPLE - self._sent)

    def _take(self, budget: int) -> bytes:
        taken: list[bytes] = []
        while self._queue and budget > 0:
            chunk = self._queue.popleft()
            if len(chunk) > budget:
                self._queue.appendleft(chunk[budget:])
                chunk = chunk[:budget]
            taken.append(chunk)
            budget -= len(chunk)
        audio = b"".join(taken)
        self._queued -= len(audio)
        self._sent += len(audio)
        self._unheard += audio
        return audio

    def take_heard(self, now: float) -> bytes:
        """What has sounded since the last call. Call it every frame, and before the reply is cut."""
        heard = min(round(self.heard_s(now) * self._bytes_per_s / BYTES_PER_SAMPLE) * BYTES_PER_SAMPLE, self._sent)
        size = max(heard - self._taken, 0)
        audio = bytes(self._unheard[:size])
        del self._unheard[:size]
        self._taken += size
        return audio

    def text_started(self) -> str | None:
        """The text of all segments whose audio has begun to be sent, when it has grown since the last call."""
        count = self._started_segments
        while count < len(self._segments) and self._segments[count].start < self._sent:
            count += 1
        if count == self._started_segments:
            return None
        self._started_segments = count
        return self.join(segment.text for segment in self._segments[:count] if not segment.aside) or None

    def hold(self, now: float) -> None:
        """Stop: nothing is sent or heard until `resume`."""
        if self._held_at is None:
            self._held_at = self.heard_s(now)

    def resume(self, now: float) -> None:
        """Go on where `hold` stopped."""
        if self._held_at is not None and self._zero is not None:
            self._zero = now - self._held_at - self._late_s
        self._held_at = None

    def heard_s(self, now: float) -> float:
        """How much of the audio has been heard, in seconds."""
        if self._held_at is not None:
            return self._held_at
        if self._zero is None:
            return 0.0
        return min(max(self._heard_before_s, now - self._zero - self._late_s), self._sent_s)

    def remaining_s(self, now: float) -> float | None:
        """How much is still to be heard, in seconds; None while more may come."""
        return self.queued_s + self._sent_s - self.heard_s(now) if self._finished else None

    def drained(self, now: float) -> bool:
        """Everything has been heard and nothing follows."""
        return self._finished and self.caught_up(now)

    def caught_up(self, now: float) -> bool:
        """Everything that was added so far has been heard."""
        return not self._queued and self._held_at is None and self.heard_s(now) >= self._sent_s

    def cut(self, now: float) -> tuple[HeardSegment, ...]:
        """Drop what was not sent; the segments of which something was heard, in order."""
        heard_bytes = self.heard_s(now) * self._bytes_per_s
        self._queue.clear()
        self._queued = 0
        self._finished = True
        return tuple(
            HeardSegment(
                segment.text,
                self._ms(min(heard_bytes - segment.start, segment.size)),
                self._ms(segment.size),
                segment.complete,
                segment.aside,
                tuple(segment.times),
            )
            for segment in self._segments
            if heard_bytes > segment.start
        )

    @property
    def _sent_s(self) -> float:
        return self._sent / self._bytes_per_s

    def _ms(self, size: float) -> int:
        return round(size * 1000 / self._bytes_per_s)


def join_segments(texts: Iterable[str]) -> str:
    """The segments' texts as one."""
    return " ".join(text.strip() for text in texts if text.strip())
