"""A stage with a real playout and a real history: what of the agent's words is heard, and what is left of them.

A reply of the screenplay is audio whose samples count up, so that a lost or repeated one would be seen.
"""

import numpy as np

from callcore.calls.transcript import Transcript, heard_text
from callcore.tools.tool_call import ToolCall
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.policy import TurnPolicy
from media_worker.media import speech_edge
from media_worker.media.playout import Playout, join_segments
from media_worker.media.speech_edge import SpeechEdges
from tests.unit.media_worker.conversation.screenplay import Stage, TimedEvent

RATE_HZ = 8_000
TICK_MS = 20
SEND_AHEAD_S = 0.2
FILLER_S = 0.5
CLOSING_S = 1.0
WINDOW_MS = 32
QUIET_S = 1.0


class Voice:
    """The audio of one reply and how far it is."""

    def __init__(self, turn_id: int, attempt: int = 0) -> None:
        self.turn_id = turn_id
        self.attempt = attempt
        self.behind_gate: list[did.Event] = []
        """What happened to it while it was only prepared."""
        self.playout = Playout(RATE_HZ, SEND_AHEAD_S)
        self.announced = self.closing = False
        self.texts: list[str] = []
        """What was said since the model was asked."""
        self.awaited = False
        """The conversation waits until what was said has been heard."""
        self.owes_announcement = self.is_finished = False
        """What is announced has no sound yet; nothing follows it."""
        self._samples = 0
        self._sent = 0

    def speak(self, text: str, seconds: float, *, aside: bool = False) -> None:
        """Audio that says `text` has come."""
        following = self._samples + round(seconds * RATE_HZ)
        self.playout.begin_segment(text, aside=aside)
        self.playout.add(np.arange(self._samples, following).astype(np.uint16).tobytes())
        self.playout.end_segment()
        self._samples = following

    def check_sent(self, audio: bytes) -> None:
        """Every sample follows the one before it, whatever happened in between."""
        samples = np.frombuffer(audio, np.uint16)
        expected = np.arange(self._sent, self._sent + len(samples)).astype(np.uint16)
        assert (samples == expected).all(), "a sample was lost or sent twice"
        self._sent += len(samples)


class House(Stage):
    """Plays the agent's part, too."""

    def __init__(self, policy: TurnPolicy) -> None:
        super().__init__(policy)
        self.transcript = Transcript()
        self.heard: dict[int, float] = {}
        """What had been heard of the reply, in seconds, when the effect at this place of the log was performed."""
        self._voice: Voice | None = None
        self._said: list[list[str]] = []
        """What the running reply said with each of its groups of calls."""
        self._running: dict[str, str] = {}
        """Id of a function's last call by the function's name."""
        self._prepared: Voice | None = None
        self._next_tick = 0

    # --- the agent ------------------------------------------------------------------------------

    def agent(self, text: str, seconds: float, *, last: bool, end_call: bool = False) -> None:
        """The reply that is owed, or its next part, begins to sound now; nothing if none is owed any more.

        One that is only prepared waits.
        """
        voice = self._voice or self._prepared
        if voice is None:
            return
        voice.speak(text, seconds)
        if not voice.owes_announcement:
            voice.texts.append(text)
        last = last or voice.is_finished
        voice.owes_announcement = False
        self._next_tick = 0
        if last:
            voice.playout.finish()
            self._report(voice, did.ReplyEnded(voice.turn_id, end_call))

    def calls(self, names: list[str]) -> None:
        """The model of the reply that is owed, or prepared, calls functions."""
        voice = self._voice or self._prepared
        assert voice is not None, "no reply is owed"
        made = [ToolCall(f"{name}-{round(self.now * 1000)}", name, "{}") for name in names]
        self._report(voice, did.ToolsCalled(voice.turn_id, tuple(made), spoke=bool(voice.texts)))

    def _report(self, voice: Voice, event: did.Event) -> None:
        if voice is self._voice:
            self.handle(event)
        else:
            voice.behind_gate.append(event)

    def result(self, name: str, text: str) -> None:
        """The function's last call has this result."""
        self.transcript.set_result(self._running[name], text)
        self.handle(did.ToolFinished(self._running[name]))

    def asks_the_voice(self) -> None:
        """The first words of the reply that is owed go to its voice."""
        assert self._voice is not None, "no reply is owed"
        self.handle(did.VoiceAsked(self._voice.turn_id))

    def fails(self, part: str) -> None:
        """The model or the voice of the reply that is owed gives up; what the voice has said is heard."""
        voice = self._prepared if part == "preparation" else self._voice
        assert voice is not None, "no reply is owed"
        if part == "preparation":
            self.handle(did.PreparationFailed(voice.attempt))
        elif part == "voice":
            voice.playout.finish()
            self.handle(did.VoiceFailed(voice.turn_id))
        else:
            self.handle(did.ReplyFailed(voice.turn_id))

    def noise(self, seconds: float) -> list[TimedEvent]:
        """What the microphone's own judgement makes of a loud noise that begins now."""
        audible = self._voice is not None and self._voice.playout.audible
        edges = SpeechEdges(RATE_HZ, WINDOW_MS)
        events: list[TimedEvent] = []
        windows = [0.0] * round(QUIET_S * 1000 / WINDOW_MS)
        quiet_s = len(windows) * WINDOW_MS / 1000
        loud = max(1, round(seconds * 1000 / WINDOW_MS))
        for count, probability in enumerate(windows + [0.95] * loud + windows):
            stream_s = (count + 1) * WINDOW_MS / 1000
            level = 8000 if probability else 3
            pcm = (level * np.sign(np.sin(np.arange(RATE_HZ * WINDOW_MS // 1000)))).astype(np.int16).tobytes()
            for edge in edges.push(pcm, [probability], stream_s, audible):
                at = self.now + stream_s - quiet_s
                if isinstance(edge, speech_edge.SpeechStarted):
                    events.append((at, did.SpeechStarted(self.now + edge.onset_s - quiet_s)))
                else:
                    events.append((at, did.SpeechEnded(self.now + edge.true_end_s - quiet_s, edge.voiced_ms)))
        return events

    # --- time -----------------------------------------------------------------------------------

    def wait(self, until: float) -> None:
        """Let time pass, in frames while the agent speaks."""
        while self._voice is not None or self._prepared is not None:
            self._next_tick = max(self._next_tick, -(-round(self.now * 1000) // TICK_MS))
            tick_s = self._next_tick * TICK_MS / 1000
            if tick_s > until:
                break
            super().wait(tick_s)
            self._next_tick += 1
            self._tick()
        super().wait(until)

    def _tick(self) -> None:
        voice = self._voice
        if voice is None:
            return
        audio = voice.playout.take_due(self.now)
        if audio:
            voice.check_sent(audio)
            text = voice.playout.text_started()
            if not voice.announced:
                voice.announced = True
                self.handle(did.PlayoutStarted(voice.turn_id))
            if text is not None:
                self.handle(did.AgentSaid(voice.turn_id, text))
            self._tell_closing(voice)
        elif voice.playout.drained(self.now):
            self._close(voice, keep=True)
            self.handle(did.PlayoutDrained(voice.turn_id))
        elif voice.awaited and not voice.owes_announcement and voice.playout.caught_up(self.now):
            voice.awaited = False
            self.handle(did.CaughtUp(voice.turn_id))
        else:
            self._tell_closing(voice)

    def _tell_closing(self, voice: Voice) -> None:
        remaining_s = voice.playout.remaining_s(self.now)
        if remaining_s is not None and remaining_s <= CLOSING_S and voice.announced and not voice.closing:
            voice.closing = True
            self.handle(did.NearlyHeard(voice.turn_id))

    # --- effects --------------------------------------------------------------------------------

    def perform(self, effects: tuple[do.Effect, ...]) -> None:
        """Do what the conversation wants to the agent's voice and to the history."""
        for effect in effects:
            if self._voice is not None:
                self.heard[len(self.log)] = self._voice.playout.heard_s(self.now)
            super().perform((effect,))
            self._perform_one(effect)
            self._prepare(effect)

    def _perform_one(self, effect: do.Effect) -> None:
        voice = self._voice
        match effect:
            case do.StartReply(turn_id) | do.Say(turn_id):
                assert voice is None, "two replies at once"
                self._voice = Voice(turn_id)
            case do.CommitUser(text):
                self.transcript.add_user(text)
            case do.Fill(_, text) if voice is not None and voice.playout.empty:
                voice.speak(text, FILLER_S, aside=True)
            case do.HoldPlayout() if voice is not None:
                voice.playout.hold(self.now)
            case do.ResumePlayout() if voice is not None:
                voice.playout.resume(self.now)
            case do.CutReply(keep=keep) if voice is not None:
                self._close(voice, keep=keep, cut=True)
            case do.EndSession() if voice is not None:
                self._close(voice, keep=True)
            case _:
                self._perform_tools(effect)

    def _perform_tools(self, effect: do.Effect) -> None:
        voice = self._voice
        match effect:
            case do.Announce(_, texts) if voice is not None:
                voice.owes_announcement = True
                voice.texts.append(" ".join(texts))
            case do.AwaitHeard() if voice is not None:
                voice.awaited = True
            case do.RunTools(_, calls) if voice is not None:
                self._running |= {call.name: call.call_id for call in calls}
                self.transcript.add_calls(calls, " ".join(voice.texts))
                self._said.append(voice.texts)
                voice.texts = []
            case do.CancelTool(call_id, timed_out):
                self.transcript.set_result(call_id, "timed out" if timed_out else "interrupted")
            case do.FinishReply() if voice is not None:
                voice.is_finished = True
                if not voice.owes_announcement:
                    voice.playout.finish()

    def _prepare(self, effect: do.Effect) -> None:
        match effect:
            case do.PrepareReply(turn_id, attempt):
                assert self._prepared is None, "two preparations at once"
                self._prepared = Voice(turn_id, attempt)
            case do.DiscardReply():
                self._prepared = None
            case do.RestartReply(turn_id):
                self._restart(turn_id)
            case do.ReviseUser(text):
                self.transcript.revise_user(text)
            case do.PromoteReply():
                self._promote()

    def _restart(self, turn_id: int) -> None:
        wrong = self._voice
        assert wrong is not None, "no reply is owed"
        assert not wrong.announced, "it was heard already"
        self._voice = Voice(turn_id)
        if wrong.playout.held:
            self._voice.playout.hold(self.now)

    def _promote(self) -> None:
        assert self._voice is None, "two replies at once"
        assert self._prepared is not None, "nothing was prepared"
        self._voice, self._prepared = self._prepared, None
        for event in self._voice.behind_gate:
            self.handle(event)

    def _close(self, voice: Voice, *, keep: bool, cut: bool = False) -> None:
        """The reply is over: what was heard of it is history."""
        segments = [segment for segment in voice.playout.cut(self.now) if not segment.aside]
        texts = [heard_text(segment.text, segment.heard_ms, segment.full_ms) for segment in segments]
        parts: list[str] = []
        for said in self._said:
            parts.append(join_segments(texts[: len(said)]))
            texts = texts[len(said) :]
        self._voice, self._said = None, []
        self.transcript.add_reply([*parts, join_segments(texts)], cut=cut, remember=keep)
