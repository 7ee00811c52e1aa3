"""The audio gates of turn-taking: what a noise, an interruption, an echo and the end of a turn may cost.

    python -m tests.bench.audio_gates

Real audio, the real session, virtual time: the same figures on every machine. The recogniser is one without mistakes
(tests/bench/known_words.py), which writes down our own echo, too, when it is given it; the figures of the embedded
one stand beside them. Ends with an error when a gate is missed.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

import numpy as np

from callcore.opening.plan import SessionPlan
from callcore.wire import client as wire
from tests.bench.audio_call import EchoPath, Happened, Said, Samples, call, plan
from tests.peers.noises import MAKERS, RATE_HZ, at_level, frozen, make
from tests.peers.speaker import utter

MONOLOGUE = (
    "We are open from nine to nine every day except Monday. The kitchen closes at ten, and the bar stays open until "
    "midnight. On Sundays we serve a late breakfast by the water, and in summer there is live music on the terrace."
)
SCRIPT = {
    "intents": [
        {"phrases": ["what are your opening hours", "when are you open"], "answer": "From nine to nine."},
        {"phrases": ["book a table for {party} at {time}"], "answer": "Your table for {party} at {time} is booked."},
    ],
    "slots": {"party": ["two", "three", "four"], "time": ["six", "seven", "eight"]},
    "end": ["goodbye"],
    "handoff": ["talk to a person"],
}
INTERRUPTIONS = (
    ("what are your opening hours", "slt"),
    ("book a table for two at seven", "slt"),
    ("when are you open", "awb"),
    ("talk to a person", "kal16"),
    ("i would like to return these shoes", "slt"),
    ("please let me ask you something else", "awb"),
    ("no that is not what i want", "kal16"),
    ("wait a minute", "slt"),
    ("stop", "awb"),
    ("can i pay by credit card", "kal16"),
)
ECHO_DECIBELS = (-6.0, -9.0, -12.0, -16.0, -20.0)
SETTLED_S = 4.0
"""By then a browser's own cancellation would work, and a new sound is judged as in the middle of a call."""
AFTERMATH_S = 3.0


@dataclass
class Report:
    """The gates so far."""

    missed: int = 0

    def gate(self, what: str, figures: str, *, holds: bool) -> None:
        """Print one."""
        self.missed += not holds
        print(f"{'ok    ' if holds else 'MISSED'} {what}: {figures}", flush=True)

    def note(self, what: str, figures: str) -> None:
        """Print what is no gate."""
        print(f"       {what}: {figures}", flush=True)


@cache
def monologue() -> SessionPlan:
    """An agent that speaks for a quarter of a minute."""
    return plan(first_message=MONOLOGUE, llm={"provider": "script", "script": SCRIPT})


@cache
def spoken(text: str, voice: str) -> Samples:
    """The text without the silence around it."""
    samples = np.frombuffer(utter(text, voice), np.int16) / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def person(text: str, voice: str, dbfs: float) -> Samples:
    """Somebody who says it at this level: the mean square of all of it."""
    sound = spoken(text, voice)
    return np.asarray((sound * 10 ** (dbfs / 20) / np.sqrt(np.mean(sound**2))).clip(-1, 1))


def room(*sounds: tuple[float, Samples], seconds: float) -> Samples:
    """The sounds at their times."""
    mixed = np.zeros(round(seconds * RATE_HZ))
    for at_s, sound in sounds:
        start = round(at_s * RATE_HZ)
        mixed[start : start + sound.size] += sound[: mixed.size - start]
    return mixed


def clears(happened: Happened, before_s: float) -> list[float]:
    """When the agent was cut, the hanging up at the end left out."""
    return [at for at in happened.times(wire.Clear) if at < before_s]


# --- noises ---------------------------------------------------------------------------------------


def noise_call(noise: Samples, dbfs: float, at_s: float, *, embedded: bool = False) -> tuple[list[float], int]:
    """A noise over the speaking agent: how long it was held each time, and how often it was cut."""
    seconds = at_s + noise.size / RATE_HZ + AFTERMATH_S
    sound = room((at_s, at_level(noise, dbfs)), seconds=seconds)
    happened = call(monologue(), sound, words=None if embedded else ())
    return [length for _, length in happened.holds()], len(clears(happened, seconds - 0.1))


def noises(seed: int | None) -> Iterator[tuple[str, Samples, float, float]]:
    """A round of noises with level and time: the frozen ones, or those of a seed."""
    rng = np.random.default_rng(0 if seed is None else seed)
    for name in MAKERS:
        noise = frozen(name) if seed is None else make(name, seed)
        yield name, noise, float(rng.uniform(-30, -15)), SETTLED_S + float(rng.uniform(0, 1.5))


def noise_gate(report: Report, seed: int | None, *, embedded: bool = False) -> None:
    """One round: no cut, and no more than four holds of 0.7 s each."""
    cuts, holds = 0, list[tuple[str, float]]()
    for name, noise, dbfs, at_s in noises(seed):
        held, cut = noise_call(noise, dbfs, at_s, embedded=embedded)
        cuts += cut
        holds += [(name, length) for length in held]
    figures = f"{cuts} cuts, {len(holds)} holds " + " ".join(f"{name} {1000 * length:.0f}" for name, length in holds)
    is_held = cuts == 0 and len(holds) <= 4 and all(length <= 0.7 for _, length in holds)
    name = "frozen noises" if seed is None else f"noises of seed {seed}"
    report.gate(f"{name}{', embedded recogniser' if embedded else ''}", figures, holds=is_held)


# --- interruptions --------------------------------------------------------------------------------


def interruption(text: str, voice: str, dbfs: float, at_s: float, **how: object) -> tuple[float | None, float | None]:
    """A person over the speaking agent: how long after his first sound it was held, and cut; None = never."""
    sound = person(text, voice, dbfs)
    seconds = at_s + sound.size / RATE_HZ + AFTERMATH_S
    said: Sequence[Said] | None = None if how.get("embedded") else [(at_s, at_s + sound.size / RATE_HZ, text)]
    echo = how.get("echo")
    assert echo is None or isinstance(echo, EchoPath)
    happened = call(monologue(), room((at_s, sound), seconds=seconds), echo, words=said)
    held = [at - at_s for at in happened.times(wire.Pause) if at >= at_s]
    cut = [at - at_s for at in clears(happened, seconds - 0.1) if at >= at_s]
    return (held[0] if held else None), (cut[0] if cut else None)


def interruption_gate(report: Report, *, embedded: bool = False) -> None:
    """Ten interruptions: ten cuts, soon."""
    rng = np.random.default_rng(2)
    outcomes = [
        interruption(text, voice, float(rng.uniform(-30, -20)), SETTLED_S + float(rng.uniform(0, 2)), embedded=embedded)
        for text, voice in INTERRUPTIONS
    ]
    holds = [hold for hold, _ in outcomes if hold is not None]
    cuts = [cut for _, cut in outcomes if cut is not None]
    figures = (
        f"{len(cuts)} cuts of {len(outcomes)}; hold {in_ms(holds, max)} at worst; "
        f"cut {in_ms(cuts, median)} median, {in_ms(cuts, max)} at worst"
    )
    if embedded:
        report.note("interruptions, embedded recogniser", figures)
        return
    is_held = len(cuts) == len(holds) == len(outcomes) and max(holds) <= 0.15
    report.gate("interruptions", figures, holds=is_held and max(cuts) <= 0.8 and median(cuts) <= 0.5)


# --- echo -----------------------------------------------------------------------------------------


def echo_paths(count: int) -> list[EchoPath]:
    """The grid: every level in turn, with delays and rooms drawn from a seed."""
    rng = np.random.default_rng(3)
    return [
        EchoPath(
            ECHO_DECIBELS[number % len(ECHO_DECIBELS)],
            float(rng.uniform(0.04, 0.4)),
            float(rng.uniform(0.15, 0.5)),
            float(rng.uniform(0, 6)),
            number,
        )
        for number in range(count)
    ]


def echo_gate(report: Report, count: int, *, embedded: bool = False) -> None:
    """The agent alone with its echo is never cut."""
    cuts = holds = 0
    for path in echo_paths(count):
        happened = call(monologue(), room(seconds=9.0), path, words=None if embedded else ())
        cuts += bool(clears(happened, 8.9))
        holds += len(happened.holds())
    name = "echo alone" + (", embedded recogniser" if embedded else "")
    report.gate(name, f"{cuts} calls of {count} cut, {holds} holds", holds=cuts == 0)


def person_over_echo_gate(report: Report, count: int, *, embedded: bool = False) -> None:
    """A person over the echo is heard."""
    rng = np.random.default_rng(4)
    cuts: list[float] = []
    for number, path in enumerate(echo_paths(count)):
        text, voice = INTERRUPTIONS[number % len(INTERRUPTIONS)]
        at_s, dbfs = SETTLED_S + float(rng.uniform(0, 2)), float(rng.uniform(-30, -20))
        _, cut = interruption(text, voice, dbfs, at_s, echo=path, embedded=embedded)
        cuts += [] if cut is None else [cut]
    soon = sum(cut <= 1.2 for cut in cuts)
    figures = f"{soon} of {count} cut within 1.2 s, {len(cuts)} in all; {in_ms(cuts, median)} median"
    if embedded:
        report.note("a person over the echo, embedded recogniser", figures)
        return
    report.gate("a person over the echo", figures, holds=soon >= 0.95 * count)


# --- the end of a turn ----------------------------------------------------------------------------


def endpoint_gate(report: Report, wait_s: float = 0.5) -> None:
    """From the last sound to the commitment: the wait, and hardly more."""
    session_plan = plan(
        first_message="Hello.",
        flow={"endpointing": {"mode": "fixed", "silence_ms": round(wait_s * 1000)}},
        llm={"provider": "script", "script": SCRIPT},
    )
    delays = []
    for text, voice in INTERRUPTIONS:
        sound = person(text, voice, -25)
        end_s = 2.0 + sound.size / RATE_HZ
        happened = call(session_plan, room((2.0, sound), seconds=end_s + 2), words=[(2.0, end_s, text)])
        finals = [at for at, message in happened.log if isinstance(message, wire.OnTranscript) and message.is_final]
        delays += [finals[0] - end_s] if finals else [float("inf")]
    p50, p95 = (float(np.percentile(delays, share)) for share in (50, 95))
    figures = (
        f"p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms after the last sound; the wait is {1000 * wait_s:.0f} ms"
    )
    report.gate("endpointing delay", figures, holds=p50 <= wait_s + 0.010)


def in_ms(values: Sequence[float], share: Callable[[Sequence[float]], float]) -> str:
    """One figure of many."""
    return f"{1000 * share(values):.0f} ms" if values else "-"


def main() -> None:
    """All gates, and what the embedded recogniser makes of them."""
    report = Report()
    noise_gate(report, None)
    for seed in range(1, 11):
        noise_gate(report, seed)
    noise_gate(report, None, embedded=True)
    interruption_gate(report)
    interruption_gate(report, embedded=True)
    echo_gate(report, 100)
    echo_gate(report, 100, embedded=True)
    person_over_echo_gate(report, 100)
    person_over_echo_gate(report, 100, embedded=True)
    endpoint_gate(report)
    sys.exit(f"{report.missed} gates missed" if report.missed else 0)


if __name__ == "__main__":
    main()
