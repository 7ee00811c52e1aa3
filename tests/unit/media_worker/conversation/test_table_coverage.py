"""The screenplays between them take every row of every table; a row that none can take says here why it is there."""

import importlib
import pkgutil
from enum import Enum
from pathlib import Path

import pytest

from callcore.calls.call import CallStatus
from media_worker import conversation
from media_worker.conversation import events as did
from media_worker.conversation.ending import Ending, EndSignal, Phase
from media_worker.conversation.floor import Floor, Signal, step
from media_worker.conversation.reply import ReplySignal, ReplyState
from tests.unit.media_worker.conversation.screenplay import Stage, greeted, said
from tests.unit.media_worker.conversation.screenplay_text import parse

FOLDER = Path(__file__).parents[3] / "vectors/conversations"
MODULES = [
    importlib.import_module(f"{conversation.__name__}.{found.name}")
    for found in pkgutil.iter_modules(conversation.__path__)
]
MACHINES = [module for module in MODULES if isinstance(vars(module).get("TABLE"), dict)]

Pair = tuple[Enum, Enum]

AFTER_THE_END = "nothing is routed after the end; the reason would stay"
ONE_GOODBYE = "whoever brings the end nearer looks first whether it is near; the reason would stay"
NO_SOUND_RUNS = "a sound that runs has left this state; the end of one that does not is ignored before it gets here"
PLAYED_BY_TESTS = "what a carrier may do and our own playout never does; played below"
NOT_PLAYED: dict[Pair, str] = {
    (Phase.ENDED, EndSignal.CLOSE): AFTER_THE_END,
    (Phase.ENDED, EndSignal.END): AFTER_THE_END,
    (Phase.ENDED, EndSignal.TIME_UP): AFTER_THE_END,
    (Phase.CLOSING, EndSignal.CLOSE): ONE_GOODBYE,
    (Phase.CLOSING, EndSignal.TIME_UP): ONE_GOODBYE,
    (Phase.OVERDUE, EndSignal.TIME_UP): ONE_GOODBYE,
    (Floor.IDLE, Signal.SILENCE): NO_SOUND_RUNS,
    (Floor.DECIDING, Signal.SILENCE): NO_SOUND_RUNS,
    (Floor.PAUSED, Signal.REPLY_OVER): PLAYED_BY_TESTS,
    (ReplyState.SPEAKING, ReplySignal.AUDIO): PLAYED_BY_TESTS,
}


class Seen(dict[Pair, object]):
    """A table that remembers which of its rows were looked up."""

    def __init__(self, table: dict[Pair, object]) -> None:
        super().__init__(table)
        self.pairs: set[Pair] = set()

    def __getitem__(self, pair: Pair) -> object:
        self.pairs.add(pair)
        return super().__getitem__(pair)


def test_the_screenplays_take_every_row_of_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [Seen(vars(module)["TABLE"]) for module in MACHINES]
    for module, table in zip(MACHINES, tables, strict=True):
        monkeypatch.setattr(module, "TABLE", table)
    for path in FOLDER.glob("*.txt"):
        parse(path.read_text()).play()
    assert {module.__name__.rpartition(".")[2] for module in MACHINES} >= {"floor", "reply", "ending", "tool_round"}
    rows = {pair for table in tables for pair in table}
    played = {pair for table in tables for pair in table.pairs}
    assert rows - played == NOT_PLAYED.keys()


def test_a_carrier_may_report_the_end_of_a_reply_that_is_held() -> None:
    """All of it was heard by then, and what held it is the user's turn."""
    script = [*greeted(), *said(2.0, 3.0, "book a table"), (4.0, did.PlayoutStarted(1)), (5.0, did.SpeechStarted())]
    stage = Stage().play(*script, (5.2, did.PlayoutDrained(1)))
    assert stage.conversation.floor is Floor.USER_SPEAKING
    stage.play((6.0, did.SpeechEnded(5.9, 900)), (6.1, did.FinalHeard("for four")), until=8.0)
    assert stage.letters == "YFUSPFUS"


def test_a_reply_that_starts_to_sound_twice_sounds_once() -> None:
    script = [*greeted(), *said(2.0, 3.0, "book a table"), (4.0, did.PlayoutStarted(1)), (4.1, did.PlayoutStarted(1))]
    stage = Stage().play(*script, (4.5, did.PlayoutDrained(1)), until=5.0)
    assert (stage.letters, stage.conversation.floor) == ("YFUS", Floor.IDLE)


@pytest.mark.parametrize("pair", [pair for pair in NOT_PLAYED if isinstance(pair[0], Phase)])
def test_whatever_comes_after_a_reason_the_reason_stays(pair: tuple[Phase, EndSignal]) -> None:
    ending = Ending()
    ending.phase, ending.reason = pair[0], CallStatus.AGENT_ENDED
    ending.signal(pair[1], CallStatus.TIMEOUT)
    assert ending.reason is CallStatus.AGENT_ENDED
    assert ending.phase is (Phase.ENDED if pair[1] is EndSignal.END else pair[0])


def test_the_end_of_a_sound_that_does_not_run_changes_nothing() -> None:
    for state in (Floor.IDLE, Floor.DECIDING):
        assert step(state, Signal.SILENCE)[0] is state
