"""Functions in conversation: the table, and what holds whatever the model, the user and the functions do."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from callcore.errors import InvalidTransition
from callcore.tools.tool_call import ToolCall
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.floor import Floor
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.conversation.tool_round import MAX_ROUNDS, TABLE, RoundSignal, RoundState, ToolRound
from tests.unit.media_worker.conversation.screenplay import Stage, greeted, said

TOOLS = {
    "book": ToolPolicy(changes_something=True, messages=("One moment.",), after_message=True),
    "menu": ToolPolicy(timeout_s=2.0),
    "show": ToolPolicy(messages=("Look.", "See."), verbatim=False),
    "end_call": ToolPolicy(ends_call=True),
}


@pytest.mark.parametrize("state", RoundState)
@pytest.mark.parametrize("signal", RoundSignal)
def test_every_pair_of_the_table_moves_on_or_is_our_bug(state: RoundState, signal: RoundSignal) -> None:
    tools = ToolRound(state)
    if (state, signal) in TABLE:
        tools.signal(signal)
        assert tools.state is TABLE[state, signal]
    else:
        with pytest.raises(InvalidTransition, match=f"{signal.name} is not allowed in state {state.name}"):
            tools.signal(signal)


def test_every_state_is_reached_and_the_last_one_is_never_left() -> None:
    assert set(TABLE.values()) == set(RoundState)
    assert not any(state is RoundState.ABANDONED for state, _ in TABLE)


def owed() -> Stage:
    """A question was asked; the model has been asked for reply 1."""
    return Stage(TurnPolicy(greeting="Hello.", tools=TOOLS)).play(
        *greeted(), *said(2.0, 3.0, "book a table"), until=4.0
    )


def effects(stage: Stage, kind: type[do.Effect]) -> list[do.Effect]:
    return [effect for _, effect in stage.log if isinstance(effect, kind)]


def calls(*names: str) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(f"{name}-{number}", name, "{}") for number, name in enumerate(names))


def test_the_texts_of_a_function_take_turns_and_each_is_said_once_in_a_round() -> None:
    stage = owed()
    for number in range(3):
        made = calls("show", "show")
        stage.play((4.0 + number, did.ToolsCalled(1, made, spoke=False)))
        stage.play(*((4.5 + number, did.ToolFinished(call.call_id)) for call in made))
    assert [effect.texts for effect in effects(stage, do.Announce) if isinstance(effect, do.Announce)] == [
        ("Look.",),
        ("See.",),
        ("Look.",),
    ]


def test_a_function_that_nobody_offered_is_run_so_that_the_model_is_told() -> None:
    stage = owed().play((4.0, did.ToolsCalled(1, calls("dance"), spoke=False)))
    assert effects(stage, do.RunTools) == [do.RunTools(1, calls("dance"))]


def test_a_result_that_comes_twice_or_for_nothing_is_stale() -> None:
    stage = owed().play((4.0, did.ToolsCalled(1, calls("menu"), spoke=False)))
    stage.play((4.2, did.ToolFinished("menu-0")), (4.3, did.ToolFinished("menu-0")), (4.3, did.ToolFinished("odd")))
    assert len(effects(stage, do.ContinueReply)) == 1
    assert stage.conversation.stale_events == 2


def test_who_waits_long_for_a_function_is_told_twice_that_it_runs() -> None:
    tools = {"slow": ToolPolicy(timeout_s=60.0)}
    stage = Stage(TurnPolicy(greeting="Hello.", tools=tools, fillers=("Still at it.", "Nearly there.")))
    stage.play(*greeted(), *said(2.0, 3.0, "book a table"), (4.0, did.ToolsCalled(1, calls("slow"), spoke=True)))
    stage.play((20.5, did.SpeechStarted()), (20.6, did.SpeechEnded(20.55, 50)), until=60.0)
    told = [(at, effect.text) for at, effect in stage.log if isinstance(effect, do.SayAside)]
    assert told == [(12.0, "Still at it."), (20.0, "Nearly there.")]


def test_nothing_is_said_of_a_function_over_a_hold_or_for_a_reply_that_was_cut() -> None:
    tools = {"slow": ToolPolicy(timeout_s=60.0, changes_something=True)}
    stage = Stage(TurnPolicy(greeting="Hello.", tools=tools))
    stage.play(*greeted(), *said(2.0, 3.0, "book a table"), (4.0, did.ToolsCalled(1, calls("slow"), spoke=True)))
    stage.play(*said(11.8, 12.5, "what does it cost"), until=40.0)
    assert effects(stage, do.SayAside) == []


def test_when_the_call_ends_nothing_is_run_any_more() -> None:
    stage = owed().play((4.0, did.ToolsCalled(1, calls("menu", "book"), spoke=True)), (4.1, did.HungUp()))
    assert effects(stage, do.RunTools) == []
    assert stage.conversation.next_deadline() is None


class Household:
    """A model, functions and a user who do what they like, as far as they can; checks every effect."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.stage = Stage(policy)
        self.seen = 0
        self.asked: int | None = None
        """The reply whose model is thinking."""
        self.live: int | None = None
        self.held = False
        self.ended = False
        self.awaited = False
        self.made = 0
        self.rounds = 0
        self.running: dict[str, int] = {}
        self.over: set[str] = set()

    def act(self, what: str, seconds: float, names: tuple[str, ...]) -> None:
        """One step, if it can happen."""
        self.stage.wait(self.stage.now + seconds)
        self.check()
        match what:
            case "calls" if self.asked is not None and self.rounds < MAX_ROUNDS:
                made = tuple(ToolCall(f"{self.made + place}", name, "") for place, name in enumerate(names))
                self.made += len(made)
                self.rounds += 1
                reply, self.asked = self.asked, None
                self.stage.handle(did.ToolsCalled(reply, made, spoke=len(names) > 1))
            case "speaks" if self.asked is not None and not self.held:
                self.stage.handle(did.PlayoutStarted(self.asked))
            case "ends" if self.asked is not None and not self.held:
                reply, self.asked = self.asked, None
                self.stage.handle(did.ReplyEnded(reply, end_call=False))
                self.check()
                self.stage.handle(did.PlayoutDrained(reply))
            case "caught up" if self.awaited and self.live is not None and not self.held:
                self.awaited = False
                self.stage.handle(did.CaughtUp(self.live))
            case "result" if self.running:
                call_id = next(iter(self.running))
                self.over.add(call_id)
                del self.running[call_id]
                self.stage.handle(did.ToolFinished(call_id))
            case "sound":
                self.stage.handle(did.SpeechStarted())
            case "quiet":
                self.stage.handle(did.SpeechEnded(self.stage.now, 300))
            case "words":
                self.stage.handle(did.FinalHeard("what does it cost"))
        self.check()

    def check(self) -> None:
        """Hold everything that was done since the last check against what went before."""
        new, self.seen = self.stage.log[self.seen :], len(self.stage.log)
        for _, effect in new:
            assert not self.ended
            self._check_one(effect)
        if self.stage.conversation.floor is Floor.IDLE:
            self.live = self.asked = None

    def _check_one(self, effect: do.Effect) -> None:
        match effect:
            case do.StartReply(turn_id) | do.Say(turn_id):
                self.live, self.rounds, self.held, self.awaited = turn_id, 0, False, False
                self.asked = turn_id
            case do.CutReply():
                self.live, self.asked, self.held = None, None, False
            case do.HoldPlayout():
                self.held = True
            case do.ResumePlayout():
                self.held = False
            case do.AwaitHeard():
                self.awaited = True
            case do.EndSession():
                self.ended = True
            case _:
                self._check_tools(effect)

    def _check_tools(self, effect: do.Effect) -> None:
        match effect:
            case do.RunTools(turn_id, made):
                assert turn_id == self.live, "only the live reply acts"
                assert not self.held, "nothing is run while the reply is held"
                assert not self.awaited, "nothing is run before its announcement was heard"
                for call in made:
                    assert call.call_id not in self.over | self.running.keys(), "nothing is run twice"
                    self.running[call.call_id] = turn_id
            case do.CancelTool(call_id):
                del self.running[call_id]
                self.over.add(call_id)
            case do.ContinueReply(turn_id, may_call):
                assert turn_id == self.live
                assert turn_id not in self.running.values(), "it goes on when it has every result"
                assert may_call is (self.rounds < MAX_ROUNDS)
                self.asked = turn_id
            case do.FinishReply(turn_id):
                assert turn_id == self.live


STEPS = st.tuples(
    st.sampled_from(["calls", "calls", "result", "caught up", "speaks", "ends", "sound", "quiet", "words"]),
    st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    st.lists(st.sampled_from(sorted(TOOLS)), min_size=1, max_size=3).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(STEPS, max_size=40))
def test_whatever_happens_every_function_runs_at_most_once_and_ends(
    interruptions: bool, steps: list[tuple[str, float, tuple[str, ...]]]
) -> None:
    household = Household(TurnPolicy(tools=TOOLS, interruptions=interruptions, max_duration_s=600))
    household.stage.handle(did.Ready())
    household.check()
    for what, seconds, names in steps:
        household.act(what, seconds, names)
    household.act("quiet", 20.0, ())
    if not household.ended:
        assert household.running == {}, "every function has its time"
