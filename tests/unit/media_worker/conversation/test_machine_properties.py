"""Whatever happens, in whatever order, twice or never: the invariants of turn-taking (conversation.md 9.2).

`make test` plays 3,750 sequences, `make fuzz` three times as many. Where each of the 20 is proved, and how far:

    1, 3, 12, 18  watcher, after every event and deadline
    2   watcher: a reply for every commit and no other. Its sound is the vendors' part: 10 proves that it is owed
    4   watcher: no word is used twice. Dropped words have a reason but no text, so the sum itself cannot be formed
    5   watcher; a lost connection holds even where nobody may interrupt, and the client is not told
    6   callcore/test_transcript: heard text is a prefix, at a word's end, never ahead of the clock
    7   media/test_playout: the clock is monotone, never passes what was sent and stands still while held
    8   session/test_preparation_properties: nothing of an attempt gets out before its turn is over
    9   callcore/test_transcript: every call has one result; test_acting: each runs at most once
    10, 11, 13, 14, 20  below
    15  watcher: every wait that ended a turn; test_endpointing: whatever was learned. Dictation and "one moment" may
        take longer, the recogniser's word for the end or half a minute of speech less, keys wait by test_dtmf
    16  watcher; before anybody has spoken only the clock that hangs up runs, and after the last prompt, too
    17  session/test_reply_stage: queued audio, up to one piece of the voice. Events come from outside, without a
        bound; watcher: what each of them brings about has one, and so have the wake-ups in silence
    19  below, and watcher
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from callcore.calls.call import CallStatus
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.endpointing import HOLD_S, AdaptiveSilence, FixedSilence, ProviderTurn
from media_worker.conversation.floor import Floor
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import ResumableConversation
from tests.unit.media_worker.conversation.watcher import LIVE, OF_THE_AGENT, STALE, Watcher

NUMBERED = st.integers(0, 99).map(lambda number: f"book table n{number}")
"""Words that can be told apart: whatever is used twice shows."""
TEXTS = NUMBERED | st.sampled_from(
    ["", "okay", "wait", "what are your opening hours", "mm-hm", "and", "one moment", "five five five", "Goodbye."]
)
SAID = st.sampled_from(["Hello.", "Shall I book it?", "What is your phone number?"])
TURN_IDS = st.sampled_from([LIVE, LIVE, LIVE, STALE])
Event = did.Event | did.TransportEvent
EVENTS: st.SearchStrategy[Event] = st.one_of(
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
    st.sampled_from([did.MicrophoneClosed(), did.MicrophoneOpened()]),
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
    st.just(did.TransportLost()),
    st.just(did.TransportBack()),
    st.sampled_from([did.PutOnHold(), did.TakenOffHold()]),
    st.builds(did.Terminated, st.just(CallStatus.API_ENDED), st.sampled_from(["", "Bye."])),
)
WORDS: st.SearchStrategy[did.Event] = st.builds(did.PartialHeard, TEXTS) | st.builds(did.FinalHeard, TEXTS)
PROGRESS: st.SearchStrategy[did.Event] = st.one_of(
    st.just(did.VoiceAsked(LIVE)), st.just(did.ReplyEnded(LIVE, False)), st.just(did.PlayoutDrained(STALE))
)
Step = tuple[float, Event]
Script = list[Step]

HOURS = "We are open every day of the week."
ECHOES = st.sampled_from(["we are open", "every day", "of the week", HOURS])


def _sound(pauses: tuple[float, ...], words: str, rest: str, sound: did.Sound | None, *, doubtful: bool) -> Script:
    judged: list[Event] = [] if sound is None else [did.SoundJudged(sound)]
    before: list[Event] = [did.SpeechStarted(doubtful=doubtful), did.PartialHeard(words)]
    return list(zip(pauses, [*before, *judged, did.SpeechEnded(1e9, 300), did.FinalHeard(rest)], strict=False))


PAUSES = st.tuples(*[st.floats(0, 2)] * 5)
MURMURS = st.sampled_from(["", "mm-hm", "okay", "um"])
HARMLESS: st.SearchStrategy[Script] = st.one_of(
    MURMURS.flatmap(
        lambda words: st.builds(
            _sound,
            PAUSES,
            st.just(words),
            st.sampled_from(["", words]),
            st.none() | st.sampled_from(did.Sound),
            doubtful=st.booleans(),
        )
    ),
    st.builds(_sound, PAUSES, ECHOES, ECHOES, st.none() | st.just(did.Sound.ECHO), doubtful=st.just(True)),
)
"""What people, rooms and loudspeakers do while somebody talks, and nobody means."""

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
    whole_turns=st.booleans(),
    max_idle_s=st.sampled_from([None, 5.0]),
    inactivity_s=st.sampled_from([None, 2.0]),
    inactivity_message=st.just("Are you there?"),
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
    watcher.come_back()
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
        conversation = ResumableConversation(Conversation(policy))
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
    watcher.come_back()
    conversation = watcher.conversation
    over = conversation.floor, conversation.next_deadline(), conversation.stale_events
    rest = {did.AgentSaid: ("Hm?",), did.ReplyEnded: (True,)}.get(kind, ())
    assert conversation.handle(kind(watcher.last_turn_id - 1, *rest), watcher.now) == ()
    is_live = conversation.floor is not Floor.ENDED
    assert (conversation.floor, conversation.next_deadline(), conversation.stale_events - is_live) == over


@sequences(300)
@given(POLICIES, st.lists(HARMLESS, max_size=4))
def test_what_is_no_interruption_never_cuts(policy: TurnPolicy, sounds: list[Script]) -> None:
    """19: backchannels, the agent's own words and sounds without words hold the reply at most."""
    watcher = Watcher(replace(policy, greeting=None, user_start_first=True, max_idle_s=None, inactivity_s=None))
    start: tuple[Event, ...] = (
        did.Ready(),
        did.UserTyped("when"),
        did.PlayoutStarted(LIVE),
        did.AgentSaid(LIVE, HOURS),
    )
    for event in start:
        watcher.handle(event)
    reply = watcher.live_reply
    for pause, event in (step for sound in sounds for step in sound):
        watcher.wait(watcher.now + pause)
        watcher.handle(event)
    watcher.wait(watcher.now + policy.hold_cap_s)
    assert watcher.live_reply == reply, "19: cut by what is no interruption"
    assert not watcher.held, "19: held by what is no interruption"


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
