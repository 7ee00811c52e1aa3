"""Hears the user: runs the VAD on the leg's audio and feeds the recogniser."""

from collections import deque
from collections.abc import Callable

from media_worker.conversation import events as did
from media_worker.conversation.events import Event, Muted, Sound, SoundJudged, SpeechEnded, SpeechStarted
from media_worker.media import echo_guard, speech_edge
from media_worker.media.beep import BeepDetector
from media_worker.media.echo import LONGEST_WINDOW_S
from media_worker.media.echo_guard import EchoGuard, GuardedEdge, SoundBegan, Source
from media_worker.media.mute import MuteWatch
from media_worker.media.speech_edge import SpeechEdges
from media_worker.ports import stt
from media_worker.ports.stt import SttStream, Transcript
from media_worker.ports.vad import VadStream
from media_worker.session.stages.deaf_watch import DeafWatch

PRE_ROLL_S = 0.3
"""Voiceless onsets precede the VAD by up to 120 ms (conversation.md 2.2)."""
BACKLOG_S = 5.0
"""Kept for a recogniser that is still being opened, or opened again: what it has made no final text of."""
ROUNDING_S = 0.05
"""By so much a recogniser's positions may be out."""
GAP_S = 0.3
"""A client that sends nothing for this long is silent."""
OWN_LATENESS_S = 0.1
"""Whoever looks for gaps so rarely has not yet read what came meanwhile."""
MAX_OPEN_SILENCE_S = 2.0
"""After this much silence a gated recogniser gets no more audio, whoever forgot to ask for its final text."""
SOUNDS = {Source.ECHO: Sound.ECHO, Source.NOISE: Sound.NOISE, Source.PERSON: Sound.USER}
NOBODY = (echo_guard.SoundJudged(Source.ECHO), echo_guard.SoundJudged(Source.NOISE))


class Recent:
    """The last seconds of an audio stream."""

    def __init__(self, max_bytes: int) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._max_bytes = max_bytes

    def add(self, pcm: bytes) -> None:
        """Append, and forget what is too old."""
        self._chunks.append(pcm)
        self._size += len(pcm)
        while self._size - len(self._chunks[0]) >= self._max_bytes:
            self._size -= len(self._chunks.popleft())

    def all(self) -> bytes:
        """All of it."""
        return b"".join(self._chunks)

    def take(self, last_bytes: int | None = None) -> bytes:
        """All of it, or the end of it, once."""
        audio = b"".join(self._chunks)
        if last_bytes is not None:
            audio = audio[max(len(audio) - last_bytes, 0) :]
        self._chunks.clear()
        self._size = 0
        return audio


class Ear:
    """One session's hearing. `push` runs in the media loop and never waits."""

    def __init__(
        self,
        vad: VadStream,
        edges: SpeechEdges,
        rate_hz: int,
        *,
        gated: bool,
        post: Callable[[Event], None],
        beeps: BeepDetector | None = None,
    ) -> None:
        """`gated`: the recogniser wants speech only. `post` takes what was heard; `beeps`: those are listened for."""
        self._vad = vad
        self._edges = edges
        self._guard = EchoGuard(rate_hz)
        self.rate_hz = rate_hz
        self._bytes_per_s = rate_hz * 2
        self.watch = DeafWatch()
        """Whether the recogniser hears what is heard here."""
        self._gated = gated
        self._post = post
        self._mute = MuteWatch()
        self._beeps = beeps
        self._stream: SttStream | None = None
        self._pre_roll = Recent(int((PRE_ROLL_S + LONGEST_WINDOW_S) * self._bytes_per_s))
        self._backlog = Recent(int(BACKLOG_S * self._bytes_per_s))
        self._final_wanted = False
        """A final text was asked for, and has not come."""
        self._handed_bytes = self._flushed_bytes = 0
        """Given to this recogniser, and of them asked a final text of."""
        self._doubtful_bytes = 0
        """Of which the recogniser was told nothing yet."""
        self._stream_s = 0.0
        self._last_push: float | None = None
        self._looked_at = self._reads_since = float("-inf")
        """When a gap was looked for last, and since when that has gone on without a standstill of our own."""
        self._gate_open = not gated
        """The recogniser hears the microphone."""
        self._speaking = False
        self._silent_since_s = 0.0

    def attach(self, stream: SttStream | None) -> None:
        """Use this recogniser from now on; None = there is none at the moment.

        It first gets what no recogniser has made a final text of: the one before may have been lost in the middle.
        """
        self._stream = stream
        self._handed_bytes = self._flushed_bytes = 0
        if stream is not None and (backlog := self._backlog.all()):
            stream.send(backlog)
            self._handed_bytes = len(backlog)
            if self._final_wanted:
                self._flush(stream)

    def gate(self, *, gated: bool) -> None:
        """The recogniser that comes next wants speech only, or everything."""
        self._gated = gated
        self._gate_open, self._doubtful_bytes = self._speaking or not gated, 0

    @property
    def flushed_s(self) -> float:
        """Up to where in its stream the recogniser was asked for a final text."""
        return self._flushed_bytes / self._bytes_per_s

    def final_came(self, until_s: float | None = None) -> None:
        """The recogniser has made a final text of its stream up to there; None: of all that it heard."""
        heard = self._handed_bytes if until_s is None else round(until_s * self._bytes_per_s) & ~1
        rest = self._backlog.take(max(0, self._handed_bytes - heard))
        if rest:
            self._backlog.add(rest)
        self._final_wanted = self._final_wanted and heard < self._flushed_bytes - self._bytes_per_s * ROUNDING_S

    def push(self, pcm: bytes, now: float, *, agent_audible: bool) -> None:
        """Take audio that ends now; an even number of bytes."""
        if not pcm:
            return
        self._last_push = now
        self._stream_s += len(pcm) / self._bytes_per_s
        self._edges.echo_likely = self._guard.is_wary(now)
        edges = self._edges.push(pcm, self._vad.push(pcm), self._stream_s, agent_audible)
        for edge in edges:
            self._speaking = isinstance(edge, speech_edge.SpeechStarted)
            self._silent_since_s = self._stream_s
        passed = self._guard.push(pcm, edges, self._stream_s, now)
        self._turn_gate(passed, now)
        self._feed(pcm)
        for found in passed:
            self._report(found, now - self._stream_s)
        mute = self._mute.push(pcm, self._stream_s - len(pcm) / self._bytes_per_s, self._stream_s)
        if mute is not None:
            self._post(Muted(mute.on, now - self._stream_s + mute.since_s))
        if self._beeps is not None and self._beeps.push(pcm):
            self._post(did.BeepHeard())

    def played(self, pcm: bytes, now: float) -> None:
        """The agent's voice, as it sounded until now: what the microphone hears of it is nobody speaking."""
        self._guard.played(pcm, now)

    def fill_gap(self, now: float, *, agent_audible: bool) -> None:
        """A client that stopped sending is silent: without this its last word would never end.

        To be called every frame: after a standstill of this process the client gets another GAP_S.
        """
        if now - self._looked_at > OWN_LATENESS_S:
            self._reads_since = now
        self._looked_at = now
        if self._speaking and self._last_push is not None and now - max(self._last_push, self._reads_since) > GAP_S:
            missing = int((now - self._last_push) * self._bytes_per_s) & ~1
            self.push(bytes(missing), now, agent_audible=agent_audible)

    def doubt(self) -> None:
        """What was taken for speech was none: be harder to convince for a while."""
        self._edges.doubt()

    def request_final(self) -> None:
        """Ask for the final text of what the recogniser has."""
        self._gate_open = self._gate_open and not self._gated
        self._final_wanted = True
        if self._stream is not None:
            self._flush(self._stream)

    def _flush(self, stream: SttStream) -> None:
        self._flushed_bytes = self._handed_bytes
        stream.flush()

    def _turn_gate(self, passed: list[GuardedEdge], now: float) -> None:
        """The recogniser never hears our own echo; what is in doubt it hears as soon as it no longer is."""
        if any(edge not in NOBODY for edge in passed) and not self._guard.in_doubt:
            self._open_gate()
        elif not self._guard.trusts(now):
            self._gate_open = False
        elif not self._gated:
            self._pre_roll.take()
            self._gate_open, self._doubtful_bytes = True, 0

    def _open_gate(self) -> None:
        if not self._gate_open:
            self._gate_open, self._doubtful_bytes = True, 0
            heard_s = self._stream_s - self._guard.onset_s + PRE_ROLL_S
            self._hand_over(self._pre_roll.take(round(heard_s * self._bytes_per_s) & ~1))

    def _feed(self, pcm: bytes) -> None:
        if self._gate_open:
            self._hand_over(pcm)
        else:
            self._pre_roll.add(pcm)
            self._doubtful_bytes += len(pcm)
            if not self._gated and not self._guard.in_doubt:
                # What is in doubt is late rather than silent: it would be a hole in the first word.
                self._hand_over(bytes(self._doubtful_bytes))
                self._doubtful_bytes = 0
        is_over = not self._speaking and self._stream_s - self._silent_since_s > MAX_OPEN_SILENCE_S
        if self._gated and self._gate_open and is_over:
            self.request_final()

    def _hand_over(self, pcm: bytes) -> None:
        self._backlog.add(pcm)
        if self._stream is not None:
            self._handed_bytes += len(pcm)
            self._stream.send(pcm)

    def _report(self, edge: GuardedEdge, stream_zero: float) -> None:
        """`stream_zero` is the session's time at which the stream began."""
        match edge:
            case SoundBegan(onset_s, doubtful):
                self._tell(SpeechStarted(stream_zero + onset_s, doubtful))
            case speech_edge.SpeechEnded(true_end_s, voiced_ms):
                self._tell(SpeechEnded(stream_zero + true_end_s, voiced_ms))
            case echo_guard.SoundJudged(source):
                self._tell(SoundJudged(SOUNDS[source]))

    def _tell(self, event: Event) -> None:
        self.watch.sounded(event)
        self._post(event)


def heard(transcript: Transcript, epoch: int) -> Event:
    """What the recogniser said, as an event; `epoch`: how often it was opened before."""
    match transcript:
        case stt.Partial(text):
            return did.PartialHeard(text)
        case stt.Final(text, rejected):
            return did.FinalHeard(text, rejected, epoch)
        case stt.TurnEndLikely():
            return did.TurnLikelyOver()
        case stt.TurnResumed():
            return did.TurnResumed()
        case stt.TurnEnd():
            return did.TurnEnded()
