"""Whatever happens, in whatever order, twice or never: the invariants of turn-taking (conversation.md 9.2).

`make test` plays 3,450 sequences, `make fuzz` three times as many.
"""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.endpointing import HOLD_S, AdaptiveSilence, FixedSilence, ProviderTurn
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy
from tests.unit.media_worker.conversation.watcher import LIVE, OF_THE_AGENT, STALE, Watcher

NUMBERED = st.integers(0, 99).map(lambda number: f"book table n{number}")
"""Words that can be told apart: whatever is used twice shows."""
TEXTS = NUMBERED | st.sampled_from(
    ["", "okay", "wait", "what are your opening hours", "mm-hm", "and", "one moment", "five five five", "Goodbye."]
)
SAID = st.sampled_from(["Hello.", "Shall I book it?", "What is your phone number?"])
TURN_IDS = st.sampled_from([LIVE, LIVE, LIVE, STALE])
EVENTS: st.SearchStrategy[did.Event] = st.one_of(
    st.builds(did.SpeechStarted, doubtful=st.booleans()),
    st.builds(did.SoundJudged, st.sampled_from(did.Sound)),
    st.builds(did.SpeechEnded, true_end=st.floats(0, 20), voiced_ms=st.integers(0, 3000)),
    st.builds(did.PartialHeard, TEXTS),
    st.builds(did.FinalHeard, TEXTS, st.booleans(), st.integers(0, 1)),
    st.builds(did.UserTyped, NUMBERED),
    st.just(did.TurnEnded()),
    st.just(did.Told("News.")),
    st.builds(did.KeyPressed, st.sampled_from("12#")),
    st.builds(did.Muted, st.booleans(), st.floats(0, 20)),
    st.just(did.TurnLikelyOver()),
    st.just(did.TurnResumed()),
    st.builds(did.PreparationFailed, st.integers(1, 3)),
    st.builds(did.VoiceAsked, TURN_IDS),
    st.builds(did.AgentSaid, TURN_IDS, SAID),
    st.builds(did.PlayoutStarted, TURN_IDS),
    st.builds(did.NearlyHeard, TURN_IDS),
    st.builds(did.PlayoutDrained, TURN_IDS),
    st.builds(did.ReplyEnded, TURN_IDS, st.booleans()),
    st.builds(did.ReplyFailed, TURN_IDS),
    st.builds(did.VoiceFailed, TURN_IDS),
)
WORDS: st.SearchStrategy[did.Event] = st.builds(did.PartialHeard, TEXTS) | st.builds(did.FinalHeard, TEXTS)
PROGRESS: st.SearchStrategy[did.Event] = st.one_of(
    st.just(did.VoiceAsked(LIVE)), st.just(did.ReplyEnded(LIVE, False)), st.just(did.PlayoutDrained(STALE))
)
Step = tuple[float, did.Event]
Script = list[Step]

UTTERANCES: st.SearchStrategy[list[did.Event]] = TEXTS.map(
    lambda text: [did.SpeechStarted(), did.PartialHeard(text), did.SpeechEnded(1e9, 500), did.FinalHeard(text)]
)
REPLIES: st.SearchStrategy[list[did.Event]] = SAID.map(
    lambda text: [
        did.PlayoutStarted(LIVE),
        did.AgentSaid(LIVE, text),
        did.ReplyEnded(LIVE, False),
        did.PlayoutDrained(LIVE),
    ]
)


@st.composite
def disturbed(draw: st.DrawFn) -> Script:
    """A conversation as it should be; then some of its events come twice, and some in each other's place."""
    orderly = [event for beat in draw(st.lists(UTTERANCES | REPLIES, max_size=8)) for event in beat]
    twice = draw(st.sets(st.integers(0, max(len(orderly) - 1, 0)), max_size=3)) if orderly else set()
    events = [event for place, event in enumerate(orderly) for _ in range(2 if place in twice else 1)]
    for place in draw(st.sets(st.integers(0, max(len(events) - 2, 0)), max_size=3)) if len(events) > 1 else ():
        events[place], events[place + 1] = events[place + 1], events[place]
    pauses = draw(st.lists(st.sampled_from([0.0, 0.05, 0.3, 0.6, 2.0]), min_size=len(events), max_size=len(events)))
    return list(zip(pauses, events, strict=True))


SCRIPTS: st.SearchStrategy[Script] = st.lists(st.tuples(st.floats(0, 3), EVENTS), max_size=40) | disturbed()
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


def sequences(share: int) -> Callable[[Any], Any]:
    """This many in `make test`; the profile of `make fuzz` asks for three times as many."""
    return settings(max_examples=share * settings().max_examples // 100, deadline=None)


def played(policy: TurnPolicy, script: Script, *, slower: float = 1.0) -> Watcher:
    """The whole script, watched; sounds end when they are said to, and never in the future."""
    watcher = Watcher(policy)
    watcher.handle(did.Ready())
    for pause, event in script:
        watcher.wait(watcher.now + pause * slower)
        watcher.handle(event)
    return watcher


@sequences(1500)
@given(POLICIES, SCRIPTS)
def test_the_invariants_hold(policy: TurnPolicy, script: Script) -> None:
    watcher = played(policy, script)
    watcher.wait(watcher.now + 200)
    watcher.check_nothing_was_used_twice()
    assert watcher.ended, "10: the maximum duration ends every call"
    assert watcher.conversation.floor is Floor.ENDED


@sequences(750)
@given(POLICIES, SCRIPTS)
def test_silence_leads_to_idle_or_to_a_reply_that_is_owed(policy: TurnPolicy, script: Script) -> None:
    """10: whatever happened, with no further input nobody waits for anybody for ever."""
    watcher = played(policy, script, slower=0.1)
    watcher.handle(did.SpeechEnded(watcher.now, 100))
    watcher.wait(watcher.now + HOLD_S + 2)
    assert watcher.conversation.floor in (Floor.IDLE, Floor.ANSWERING, Floor.ENDED)
    if watcher.conversation.floor is Floor.ANSWERING:
        assert watcher.live_reply is not None, "a reply is owed, and nobody makes one"


@sequences(300)
@given(POLICIES, SCRIPTS)
def test_the_same_log_gives_the_same_effects(policy: TurnPolicy, script: Script) -> None:
    """13."""

    def play() -> list[tuple[do.Effect, ...]]:
        conversation = Conversation(policy)
        now, log = 0.0, [conversation.handle(did.Ready(), 0.0)]
        for pause, event in script:
            now += pause
            log += [conversation.handle_deadline(now), conversation.handle(event, now)]
        return log

    assert play() == play()


@sequences(300)
@given(POLICIES, SCRIPTS)
def test_a_hang_up_ends_every_conversation_at_once(policy: TurnPolicy, script: Script) -> None:
    """11."""
    watcher = played(policy, script)
    watcher.handle(did.HungUp())
    assert watcher.ended
    assert watcher.conversation.floor is Floor.ENDED
    assert watcher.conversation.next_deadline() is None
    assert watcher.conversation.handle(did.UserTyped("more"), watcher.now) == ()


@sequences(300)
@given(POLICIES, SCRIPTS, st.sampled_from(OF_THE_AGENT))
def test_what_a_reply_does_that_is_over_changes_nothing(policy: TurnPolicy, script: Script, kind: type[Any]) -> None:
    """14."""
    watcher = played(policy, script)
    conversation = watcher.conversation
    over = conversation.floor, conversation.next_deadline(), conversation.stale_events
    rest = {did.AgentSaid: ("Hm?",), did.ReplyEnded: (True,)}.get(kind, ())
    assert conversation.handle(kind(watcher.last_turn_id - 1, *rest), watcher.now) == ()
    is_live = conversation.floor is not Floor.ENDED
    assert (conversation.floor, conversation.next_deadline(), conversation.stale_events - is_live) == over


@sequences(300)
@given(POLICIES, SCRIPTS, st.data())
def test_what_happens_at_the_same_moment_may_come_in_any_order(
    policy: TurnPolicy, script: Script, data: st.DataObject
) -> None:
    """20: the user's words and the agent's progress know nothing of each other."""
    words = data.draw(WORDS)
    progress = data.draw(PROGRESS)

    def history(*last: did.Event) -> list[str]:
        watcher = played(policy, [*script, *((0.0, event) for event in last)])
        watcher.wait(watcher.now + 20)
        return watcher.commits

    assert history(words, progress) == history(progress, words)
