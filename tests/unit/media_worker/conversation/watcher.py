"""Checks everything that a conversation does against the invariants of turn-taking, by number (conversation.md 9.2)."""

from collections import Counter
from dataclasses import replace
from typing import Any

from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.deadlines import Due
from media_worker.conversation.endpointing import (
    DICTATION_CEILING_S,
    HOLD_S,
    SURE_SILENCE_S,
    AdaptiveSilence,
    FixedSilence,
    ProviderTurn,
)
from media_worker.conversation.floor import Floor
from media_worker.conversation.interruption import Meaning, meaning
from media_worker.conversation.machine import Conversation
from media_worker.conversation.patience import TURN_LIMIT_MS, TURN_LIMIT_PAUSE_S
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import ResumableConversation
from media_worker.conversation.words.basis import basis
from media_worker.conversation.words.normal_form import normalise
from media_worker.conversation.words.text_cue import Cue

LIVE, STALE = -1, -2
"""Stand for the reply that is owed, and for the one before it."""
OF_THE_AGENT = (
    did.AgentSaid,
    did.NearlyHeard,
    did.PlayoutDrained,
    did.PlayoutStarted,
    did.ReplyEnded,
    did.ReplyFailed,
    did.VoiceAsked,
    did.VoiceFailed,
)
GAPS = (did.TransportLost, did.TransportBack, did.PutOnHold, did.TakenOffHold)
DELIBERATE = (did.UserTyped, did.KeyPressed)
DICTATION = (Cue.DICTATED, Cue.DICTATING, Cue.DICTATING_SHORT)
MOST_EFFECTS, MOST_WAKE_UPS = 16, 32
"""Of one event; in silence, between two events."""
TINY_S = 1e-6


class Watcher:
    """Plays a conversation and knows what may follow."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.policy = policy
        inside = Conversation(policy)
        self.conversation = ResumableConversation(inside)
        self.deadlines, self.idling = inside._board.deadlines, inside._idling
        self.now = 0.0
        self.lost = False
        """The connection is, or the call is on hold."""
        self.catching_up = False
        """All that happened meanwhile is dealt with at once."""
        self.live_reply: int | None = None
        self.prepared: do.PrepareReply | None = None
        self.last_attempt = 0
        self.last_turn_id = -1
        self.held = self.ended = False
        self.committed_text = ""
        self.commits: list[str] = []
        self.owes_answer = policy.greeting is None and not policy.user_start_first
        """A commit, or the greeting, was not answered yet."""
        self.heard: Counter[str] = Counter()
        """How often each word was delivered, by whatever event."""
        self.took_floor = self.typed = self.too_early = False
        self.asked = {""}
        """All that the agent said."""
        self.voiced_ms = 0
        """At least as much as the running turn has."""
        self.prompts = 0
        """How often in a row the agent asked whether somebody is there."""
        self.was_busy = False
        """Somebody has had the floor."""
        self.happened = self.done = 0

    # --- what happens ---------------------------------------------------------------------------

    def handle(self, event: did.Event | did.TransportEvent) -> None:
        """It happens now; the driver reports the end of a reply only while it plays."""
        if isinstance(event, OF_THE_AGENT) and event.turn_id in (LIVE, STALE):
            current = self.last_turn_id if self.live_reply is None else self.live_reply
            event = _with_turn(event, current if event.turn_id == LIVE else current - 1)
        if isinstance(event, did.PlayoutDrained):
            if self.held and event.turn_id == self.live_reply:
                return
            self.live_reply = None if event.turn_id == self.live_reply else self.live_reply
        if isinstance(event, did.PartialHeard | did.FinalHeard | did.UserTyped):
            self.heard.update(set(normalise(event.text).split()))
        if isinstance(event, did.AgentSaid):
            self.asked.add(event.text)
        if isinstance(event, did.SpeechEnded):
            self.voiced_ms += event.voiced_ms
        if isinstance(event, GAPS):
            self.lost = isinstance(event, did.TransportLost | did.PutOnHold)
            self.catching_up = not self.lost
        self.typed = self.typed or isinstance(event, DELIBERATE)
        self.took_floor = self.took_floor or _takes_floor(event)
        self.check(self.conversation.handle(event, self.now))
        self.catching_up = False

    def come_back(self) -> None:
        """Whatever keeps the user away is over."""
        self.handle(did.TransportBack())
        self.handle(did.TakenOffHold())

    def wait(self, until: float) -> None:
        """Let time pass."""
        wake_ups = 0
        while (deadline := self.conversation.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.check(self.conversation.handle_deadline(self.now))
            following = self.conversation.next_deadline()
            wake_ups += 1
            assert following is None or following > self.now, "12: a deadline that is due is dealt with"
        assert wake_ups <= MOST_WAKE_UPS, "17: silence keeps nobody busy"
        self.now = max(self.now, until)

    # --- what is done ---------------------------------------------------------------------------

    def check(self, effects: tuple[do.Effect, ...]) -> None:
        """All of it is as it should be."""
        for effect in effects:
            assert not self.ended, "11, 18: nothing follows the end"
            self._check_preparation(effect)
            self._check_reply(effect)
            self._check_hold(effect)
            match effect:
                case do.CommitUser(text, true_end, wait_s):
                    self._check_wait(text, true_end, wait_s)
                    self._check_commit(text, true_end)
                case do.Explain("interrupted: the user said something"):
                    assert self.took_floor, "19: what is no interruption resumes"
                case do.EndSession():
                    assert self.prepared is None, "what was prepared is thrown away"
                    self.ended = True
        if self.conversation.floor is Floor.PAUSED:
            assert self.held, "a paused floor holds its reply"
        self.happened += 1
        self.done += len(effects)
        assert self.done <= MOST_EFFECTS * self.happened, "17: what one event brings about is bounded"
        self._check_idle_clocks(effects)

    def _check_idle_clocks(self, effects: tuple[do.Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case do.StartReply() | do.PromoteReply():
                    self.prompts = 0
                case do.Explain("asking: nobody has spoken for a while"):
                    self.prompts += 1
        policy, is_idle = self.policy, self.conversation.floor is Floor.IDLE
        self.was_busy = self.was_busy or not is_idle
        hangs_up = is_idle and policy.max_idle_s is not None
        asks = is_idle and policy.inactivity_s is not None and self.prompts < policy.max_inactivity_prompts
        asks = asks and not self.idling._writes
        assert self.deadlines.armed(Due.MAX_IDLE) == hangs_up, "16: the idle clocks run when nobody speaks"
        assert self.deadlines.armed(Due.INACTIVITY) == (asks and self.was_busy), "16: and only then"

    def _check_reply(self, effect: do.Effect) -> None:
        match effect:
            case do.StartReply(turn_id) | do.Say(turn_id) | do.PromoteReply(turn_id):
                if not isinstance(effect, do.Say):
                    assert not self.too_early, "15: cut off too early"
                    assert self.owes_answer, "2: an answer to nothing"
                    self.owes_answer = False
                self.too_early = False
                assert self.live_reply is None, "1: two replies at once"
                assert self.prepared is None, "what answers nothing is thrown away first"
                assert turn_id == self.last_turn_id + 1
                self.live_reply = self.last_turn_id = turn_id
                self.held = False
            case do.RestartReply(turn_id):
                assert turn_id == self.live_reply
            case do.CutReply(turn_id):
                assert turn_id == self.live_reply
                self.live_reply = None
                self.held = False

    def _check_hold(self, effect: do.Effect) -> None:
        match effect:
            case do.HoldPlayout():
                assert self.policy.interruptions or self.lost, "5: never where interruptions are not allowed"
                assert not self.held, "5: pauses and resumes alternate"
                self.held = True
            case do.ResumePlayout():
                assert self.held, "5: pauses and resumes alternate"
                self.held = False

    def _check_commit(self, text: str, true_end: float) -> None:
        assert text.strip(), "3: a reply to an empty turn"
        self.too_early = not self.typed and self.now < true_end + self._least_wait_s - 1e-9
        self.typed = self.took_floor = self.catching_up
        self.owes_answer = True
        self.commits.append(text)

    def _check_wait(self, text: str, true_end: float, wait_s: float | None) -> None:
        """15; None: nothing was waited for."""
        voiced_ms, self.voiced_ms = self.voiced_ms, 0
        if wait_s is None:
            return
        assert self.now >= true_end + wait_s - TINY_S, "15: the wait in force was waited for"
        if "[DTMF]" in text:
            return  # keys have a wait of their own: test_dtmf
        least_s = min(self._least_wait_s, TURN_LIMIT_PAUSE_S) if voiced_ms >= TURN_LIMIT_MS else self._least_wait_s
        assert least_s - TINY_S <= wait_s <= self._longest_wait_s(text) + TINY_S, "15: the wait is within its bounds"

    def _longest_wait_s(self, text: str) -> float:
        """What the text allows; whoever asks for a moment or dictates is given more."""
        policy = self.policy.endpointing
        if isinstance(policy, ProviderTurn):
            return policy.max_silence_s + policy.response_delay_s
        assert isinstance(policy, AdaptiveSilence | FixedSilence)
        cues = {policy.cue.of(text, asked) for asked in self.asked}
        is_dictating = not cues.isdisjoint(DICTATION)
        if isinstance(policy, FixedSilence):
            return self._least_wait_s + is_dictating * policy.number_input_delay_s
        return max(policy.max_silence_s, is_dictating * DICTATION_CEILING_S, (Cue.HOLD in cues) * HOLD_S)

    def check_nothing_was_used_twice(self) -> None:
        """4: a word that was delivered once stands in at most one turn."""
        committed = Counter(
            word
            for text in self.commits
            for word in set(normalise(text).split())
            if word[0] == "n" and word[1:].isdigit()
        )
        assert not {word: count for word, count in committed.items() if count > self.heard[word]}

    def _check_preparation(self, effect: do.Effect) -> None:
        match effect:
            case do.PrepareReply(turn_id, attempt, text):
                assert self.policy.speculation
                assert self.prepared is None, "1: two at once"
                assert self.live_reply is None, "while the agent owes a reply"
                assert (turn_id, attempt) == (self.last_turn_id + 1, self.last_attempt + 1)
                assert text.strip(), "3: nothing to answer"
                self.prepared, self.last_attempt = effect, attempt
            case do.CommitUser(text):
                self.committed_text = text
            case do.PromoteReply(turn_id, attempt):
                assert self.prepared is not None
                assert (turn_id, attempt) == (self.prepared.turn_id, self.prepared.attempt)
                assert basis(self.prepared.text, "en") == basis(self.committed_text, "en"), "another question"
                self.prepared = None
            case do.PrepareVoice(attempt) | do.DiscardReply(attempt):
                assert self.prepared is not None
                assert attempt == self.prepared.attempt
                self.prepared = self.prepared if isinstance(effect, do.PrepareVoice) else None

    @property
    def _least_wait_s(self) -> float:
        """No turn of speech is complete sooner after its true end."""
        match self.policy.endpointing:
            case FixedSilence(silence_s, response_delay_s):
                return silence_s + response_delay_s
            case AdaptiveSilence():
                return SURE_SILENCE_S
        return 0.0


def _with_turn(event: Any, turn_id: int) -> did.Event:
    renumbered: did.Event = replace(event, turn_id=turn_id)
    return renumbered


def _takes_floor(event: did.Event | did.TransportEvent) -> bool:
    """Whether it may be what interrupts: words that are more than a murmur, or speech that cannot be told."""
    match event:
        case did.PartialHeard(text):
            return meaning(text) is not Meaning.NOTHING
        case did.FinalHeard(text, rejected):
            return rejected or meaning(text) is not Meaning.NOTHING
    return isinstance(event, DELIBERATE)
