"""Measures what preparing replies costs and gains: requests to the language model, and how much sooner a reply sounds.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.preparation

Virtual time, seeded callers, the real turn-taking with its default policy. A caller pauses within his turns,
log-normally around 330 ms as people do (conversation.md 3.1); some of the pauses follow a word that nobody ends with.
The recogniser sends a partial text four times a second and a final one a while after the voice; the model and the voice
take the time that such services take.
"""

import heapq
import math
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.endpointing import AdaptiveSilence
from media_worker.conversation.machine import Conversation
from media_worker.conversation.policy import TurnPolicy

PHRASES = (
    "i would like to book a table",
    "we are four people",
    "tomorrow evening at seven",
    "what are your opening hours",
    "my order has not arrived",
    "can you change the address",
    "the blue one in a larger size",
    "it was delivered on Monday",
)
OPEN_ENDS = ("and", "but", "for the", "because", "um")
WORD_S = 0.33
PAUSE_MEDIAN_S, PAUSE_SIGMA = 0.33, 0.55
PATIENCE_S = 10.0
"""So long he waits for an answer at most."""
VAD_LAG_S = 0.1
PARTIAL_LAG_S = 0.15
PARTIAL_EVERY_S = 0.25
REPLY_S = 2.0
TURNS = 30
CALLS = 40
MAX_REQUESTS_A_TURN = 1.3


@dataclass(frozen=True)
class Caller:
    """How somebody talks."""

    name: str
    pauses_a_turn: float
    """Within his turns, on average."""
    open_share: float = 0.3
    """Of the pauses that follow a word which nobody ends with."""


CALLERS = (Caller("fluent", 0.15), Caller("ordinary", 0.4), Caller("hesitant", 1.0), Caller("thinks aloud", 2.5))


@dataclass
class Figures:
    """What a call came to."""

    turns: int = 0
    prepared: int = 0
    in_vain: int = 0
    waits_s: list[float] = field(default_factory=list)
    """From the end of the turn to the first sound of the reply."""
    gains_s: list[float] = field(default_factory=list)
    """How much sooner than without preparation that is."""

    def add(self, other: "Figures") -> None:
        """Both together."""
        self.turns += other.turns
        self.prepared += other.prepared
        self.in_vain += other.in_vain
        self.waits_s += other.waits_s
        self.gains_s += other.gains_s

    @property
    def requests_a_turn(self) -> float:
        """One answers the turn; what was thrown away comes on top."""
        return (self.turns + self.in_vain) / self.turns


class Call:
    """One call of a caller."""

    def __init__(self, caller: Caller, seed: int, *, speculation: bool = True) -> None:
        self._caller = caller
        self._dice = random.Random(seed)
        policy = TurnPolicy(greeting="Hello.", endpointing=AdaptiveSilence(), speculation=speculation)
        self._conversation = Conversation(policy)
        self._waiting: list[tuple[float, int, did.Event | None]] = []
        self._order = count()
        self._now = 0.0
        self._over: set[int] = set()
        self._prepared_at = self._voice_at = math.inf
        self._turns_left = TURNS
        self.figures = Figures()

    def hold(self) -> Figures:
        """Talk until the caller has nothing more to say."""
        self._at(0.0, did.Ready())
        while self._waiting:
            self._pass_deadlines()
            at, _, event = heapq.heappop(self._waiting)
            self._now = at
            if event is not None and getattr(event, "turn_id", None) not in self._over:
                self._perform(self._conversation.handle(event, at))
                if isinstance(event, did.PlayoutDrained) and self._turns_left:
                    self._speak(at + self._dice.lognormvariate(math.log(0.5), 0.4))
        return self.figures

    def _pass_deadlines(self) -> None:
        while (deadline := self._conversation.next_deadline()) is not None and deadline <= self._waiting[0][0]:
            self._now = max(self._now, deadline)
            self._perform(self._conversation.handle_deadline(self._now))

    def _at(self, at: float, event: did.Event | None) -> None:
        heapq.heappush(self._waiting, (at, next(self._order), event))

    def _perform(self, effects: tuple[do.Effect, ...]) -> None:
        figures, now = self.figures, self._now
        for effect in effects:
            match effect:
                case do.Say(turn_id):
                    self._reply(turn_id, now)
                case do.StartReply(turn_id):
                    self._answer(turn_id, ready_at=math.inf)
                case do.PrepareReply():
                    figures.prepared += 1
                    self._prepared_at, self._voice_at = now, math.inf
                case do.PrepareVoice():
                    self._voice_at = now
                case do.DiscardReply():
                    figures.in_vain += 1
                case do.PromoteReply(turn_id):
                    thought_at = self._prepared_at + self._thinking_s
                    self._answer(turn_id, ready_at=max(thought_at, min(self._voice_at, now)) + self._voice_s)
                case do.CutReply(turn_id):
                    self._over.add(turn_id)
                case do.CommitUser(_, true_end):
                    figures.turns += 1
                    self._true_end = true_end

    def _answer(self, turn_id: int, *, ready_at: float) -> None:
        unprepared_at = self._now + self._thinking_s + self._voice_s
        first_audio = max(self._now, min(ready_at, unprepared_at))
        self.figures.gains_s.append(unprepared_at - first_audio)
        self.figures.waits_s.append(first_audio - self._true_end)
        self._reply(turn_id, first_audio)

    def _reply(self, turn_id: int, first_audio: float) -> None:
        self._at(first_audio, did.PlayoutStarted(turn_id))
        self._at(first_audio, did.AgentSaid(turn_id, "Very well, let me see."))
        self._at(first_audio, did.ReplyEnded(turn_id, end_call=False))
        self._at(first_audio + REPLY_S, did.PlayoutDrained(turn_id))

    def _speak(self, at: float) -> None:
        """The next turn, and how long the services will take for its answer."""
        self._turns_left -= 1
        self._thinking_s = self._dice.lognormvariate(math.log(0.35), 0.3)
        self._voice_s = self._dice.lognormvariate(math.log(0.15), 0.2)
        for start, words in self._utterances(at):
            end = start + WORD_S * len(words)
            self._at(start + VAD_LAG_S, did.SpeechStarted(start))
            for step in range(1, int((end - start) / PARTIAL_EVERY_S) + 1):
                heard = words[: int(step * PARTIAL_EVERY_S / WORD_S)]
                if heard:
                    self._at(start + step * PARTIAL_EVERY_S + PARTIAL_LAG_S, did.PartialHeard(" ".join(heard)))
            self._at(end + VAD_LAG_S, did.SpeechEnded(end, round((end - start) * 1000)))
            self._at(end + self._dice.uniform(0.15, 0.35), did.FinalHeard(" ".join(words)))
            self._at(end + PATIENCE_S, None)

    def _utterances(self, at: float) -> Iterator[tuple[float, list[str]]]:
        goes_on = self._caller.pauses_a_turn / (1 + self._caller.pauses_a_turn)
        start, more = at, True
        while more:
            more = self._dice.random() < goes_on
            words = self._dice.choice(PHRASES).split()
            if more and self._dice.random() < self._caller.open_share:
                words += self._dice.choice(OPEN_ENDS).split()
            yield start, words
            start += WORD_S * len(words) + self._dice.lognormvariate(math.log(PAUSE_MEDIAN_S), PAUSE_SIGMA)


def measure(caller: Caller, calls: int, *, speculation: bool = True) -> Figures:
    """So many calls of one kind of caller, always the same ones."""
    figures = Figures()
    for seed in range(calls):
        figures.add(Call(caller, seed, speculation=speculation).hold())
    return figures


COLUMNS = ("turns", "requests a turn", "in vain", "reply after, ms", "without, ms", "gain, ms")


def row(figures: Figures) -> tuple[str, ...]:
    """The columns of a line; times are medians."""
    without_s = [wait_s + gain_s for wait_s, gain_s in zip(figures.waits_s, figures.gains_s, strict=True)]
    times = [f"{statistics.median(values) * 1000:.0f}" for values in (figures.waits_s, without_s, figures.gains_s)]
    share = figures.in_vain / max(1, figures.prepared)
    return (str(figures.turns), f"{figures.requests_a_turn:.2f}", f"{share:.0%}", *times)


def main() -> None:
    """Print a line for every kind of caller, and for all."""
    everybody = Figures()
    lines: list[tuple[str, tuple[str, ...]]] = [("caller", COLUMNS)]
    for caller in CALLERS:
        figures = measure(caller, CALLS)
        everybody.add(figures)
        lines.append((caller.name, row(figures)))
    for name, cells in (*lines, ("all", row(everybody))):
        print(f"{name:<14}" + "".join(f"{cell:>17}" for cell in cells))


if __name__ == "__main__":
    main()
