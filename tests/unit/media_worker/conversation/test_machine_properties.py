"""Whatever happens, in whatever order: the invariants of turn-taking (conversation.md 9.2)."""

import hypothesis.strategies as st
from hypothesis import given, settings

from callcore.calls import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.basis import basis
from media_worker.conversation.endpointing import (
    HOLD_S,
    SURE_SILENCE_S,
    AdaptiveSilence,
    FixedSilence,
    ProviderTurn,
)
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy

TEXTS = st.sampled_from(
    ["", "okay", "wait", "what are your opening hours", "mm-hm", "and", "one moment", "five five five", "Goodbye."]
)
SAID = st.sampled_from(["Hello.", "Shall I book it?", "What is your phone number?"])
TURN_IDS = st.integers(0, 4)
EVENTS: st.SearchStrategy[did.Event] = st.one_of(
    st.builds(did.SpeechStarted, doubtful=st.booleans()),
    st.builds(did.SoundJudged, st.sampled_from(did.Sound)),
    st.builds(did.SpeechEnded, true_end=st.floats(0, 20), voiced_ms=st.integers(0, 3000)),
    st.builds(did.PartialHeard, TEXTS),
    st.builds(did.FinalHeard, TEXTS, st.booleans(), st.integers(0, 1)),
    st.builds(did.UserTyped, st.just("typed")),
    st.just(did.TurnEnded()),
    st.just(did.Told("News.")),
    st.builds(did.KeyPressed, st.sampled_from("12#")),
    st.builds(did.Muted, st.booleans(), st.floats(0, 20)),
    st.builds(did.VoiceAsked, TURN_IDS),
    st.just(did.TurnLikelyOver()),
    st.just(did.TurnResumed()),
    st.builds(did.PreparationFailed, st.integers(1, 3)),
    st.builds(did.AgentSaid, TURN_IDS, SAID),
    st.builds(did.PlayoutStarted, TURN_IDS),
    st.builds(did.PlayoutDrained, TURN_IDS),
    st.builds(did.ReplyEnded, TURN_IDS, st.booleans()),
    st.builds(did.ReplyFailed, TURN_IDS),
    st.builds(did.VoiceFailed, TURN_IDS),
)
SCRIPTS = st.lists(st.tuples(st.floats(0, 3), EVENTS), max_size=40)
POLICIES = st.builds(
    TurnPolicy,
    greeting=st.sampled_from([None, "Hello."]),
    user_start_first=st.booleans(),
    interruptions=st.booleans(),
    greeting_interruptible=st.booleans(),
    gated_recogniser=st.booleans(),
    max_idle_s=st.sampled_from([None, 5.0]),
    max_duration_s=st.just(60.0),
    timeout_message=st.sampled_from(["", "Bye."]),
    endpointing=st.sampled_from(
        [FixedSilence(), FixedSilence(0.2, 0.1, 1.0), ProviderTurn(), AdaptiveSilence(), AdaptiveSilence(0.4, 0.5)]
    ),
    min_words=st.sampled_from([1, 2]),
    min_speech_ms=st.sampled_from([0, 250, 1000]),
    speculation=st.booleans(),
)


class Watcher:
    """Checks every effect against what went before."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.policy = policy
        self.conversation = Conversation(policy)
        self.now = 0.0
        self.live_reply: int | None = None
        self.prepared: do.PrepareReply | None = None
        self.last_attempt = 0
        self.last_turn_id = -1
        self.committed = False
        self.held = False
        self.ended = False
        self.committed_text = ""
        self.typed = False
        self.too_early = False

    @property
    def least_wait_s(self) -> float:
        """No turn of speech is complete sooner after its true end."""
        match self.policy.endpointing:
            case FixedSilence(silence_s, response_delay_s):
                return silence_s + response_delay_s
            case AdaptiveSilence():
                return SURE_SILENCE_S
        return 0.0

    def handle(self, event: did.Event) -> None:
        if isinstance(event, did.PlayoutDrained) and event.turn_id == self.live_reply and not self.held:
            self.live_reply = None
        self.typed = self.typed or isinstance(event, did.UserTyped | did.KeyPressed)
        self.check(self.conversation.handle(event, self.now))

    def wait(self, until: float) -> None:
        while (deadline := self.conversation.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.check(self.conversation.handle_deadline(self.now))
            following = self.conversation.next_deadline()
            assert following is None or following > self.now
        self.now = until

    def check(self, effects: tuple[do.Effect, ...]) -> None:
        for effect in effects:
            assert not self.ended, "nothing follows the end"
            self.check_preparation(effect)
            match effect:
                case do.StartReply(turn_id) | do.Say(turn_id, _) | do.PromoteReply(turn_id):
                    assert not (self.too_early and not isinstance(effect, do.Say)), "cut off too early"
                    self.too_early = False
                    assert self.live_reply is None, "two replies at once"
                    assert self.prepared is None, "what answers nothing is thrown away first"
                    assert turn_id == self.last_turn_id + 1
                    self.live_reply = self.last_turn_id = turn_id
                    self.held = False
                case do.RestartReply(turn_id):
                    assert turn_id == self.live_reply
                case do.ReviseUser(text):
                    assert text.strip()
                case do.CutReply(turn_id):
                    assert turn_id == self.live_reply
                    self.live_reply = None
                    self.held = False
                case do.HoldPlayout():
                    assert self.policy.interruptions
                    assert not self.held
                    self.held = True
                case do.ResumePlayout():
                    assert self.held
                    self.held = False
                case do.CommitUser(text, true_end):
                    assert text.strip(), "a reply to an empty turn"
                    self.too_early = not self.typed and self.now < true_end + self.least_wait_s - 1e-9
                    self.typed = False
                case do.EndSession():
                    assert self.prepared is None, "what was prepared is thrown away"
                    self.ended = True

    def check_preparation(self, effect: do.Effect) -> None:
        match effect:
            case do.PrepareReply(turn_id, attempt, text):
                assert self.policy.speculation
                assert self.prepared is None, "two at once"
                assert self.live_reply is None, "while the agent owes a reply"
                assert (turn_id, attempt) == (self.last_turn_id + 1, self.last_attempt + 1)
                assert text.strip(), "nothing to answer"
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


@settings(max_examples=400, deadline=None)
@given(POLICIES, SCRIPTS)
def test_the_invariants_hold(policy: TurnPolicy, script: list[tuple[float, did.Event]]) -> None:
    watcher = Watcher(policy)
    watcher.handle(did.Ready())
    for pause, event in script:
        watcher.wait(watcher.now + pause)
        # The driver reports the drain of a reply only while it plays.
        if isinstance(event, did.PlayoutDrained) and watcher.held:
            continue
        watcher.handle(event)
    watcher.wait(watcher.now + 200)
    assert watcher.ended, "the maximum duration ends every call"
    assert watcher.conversation.floor is Floor.ENDED


@settings(max_examples=200, deadline=None)
@given(POLICIES, SCRIPTS)
def test_silence_leads_to_idle_or_to_a_reply_that_is_owed(
    policy: TurnPolicy, script: list[tuple[float, did.Event]]
) -> None:
    watcher = Watcher(policy)
    watcher.handle(did.Ready())
    for pause, event in script:
        watcher.wait(watcher.now + pause / 10)
        if not (isinstance(event, did.PlayoutDrained) and watcher.held):
            watcher.handle(event)
    watcher.handle(did.SpeechEnded(watcher.now, 100))
    watcher.wait(watcher.now + HOLD_S + 2)
    assert watcher.conversation.floor in (Floor.IDLE, Floor.ANSWERING, Floor.ENDED)


@settings(max_examples=100, deadline=None)
@given(POLICIES, SCRIPTS)
def test_the_same_log_gives_the_same_effects(policy: TurnPolicy, script: list[tuple[float, did.Event]]) -> None:
    def play() -> list[tuple[do.Effect, ...]]:
        conversation = Conversation(policy)
        now, log = 0.0, [conversation.handle(did.Ready(), 0.0)]
        for pause, event in script:
            now += pause
            log += [conversation.handle_deadline(now), conversation.handle(event, now)]
        return log

    assert play() == play()


@settings(max_examples=100, deadline=None)
@given(POLICIES, SCRIPTS)
def test_a_hang_up_ends_every_conversation_at_once(policy: TurnPolicy, script: list[tuple[float, did.Event]]) -> None:
    conversation = Conversation(policy)
    now = 0.0
    conversation.handle(did.Ready(), now)
    for pause, event in script:
        now += pause
        conversation.handle(event, now)
    effects = conversation.handle(did.HungUp(), now)
    assert conversation.floor is Floor.ENDED
    assert conversation.next_deadline() is None
    reasons = [effect.reason for effect in effects if isinstance(effect, do.EndSession)]
    assert all(reason in CallStatus for reason in reasons)
