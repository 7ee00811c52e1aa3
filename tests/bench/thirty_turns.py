"""Thirty turns and more with real audio, of flite and of people: what is understood, and when a turn is over.

    python -m tests.bench.thirty_turns

The pipeline is the embedded one (Silero, pocketsphinx, script, flite) in virtual time, so computing takes none;
`tests/e2e/test_thirty_turns.py` takes such turns through the running system. Where a recording is noisy its last sound
is later than its last word, and the delay the shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from callcore.opening.plan import SessionPlan
from callcore.wire import client as wire
from tests.bench.audio_call import call, plan
from tests.peers import people
from tests.peers.people import Utterance

BEFORE_S, AFTER_S = 1.2, 3.0


@dataclass(frozen=True)
class Turn:
    """What became of an utterance."""

    is_understood: bool
    delay_ms: float | None
    """From the last sound to the commitment; None = there was none."""
    cut_in: bool
    """It was taken for over before it was."""


def take(utterance: Utterance, session_plan: SessionPlan) -> Turn:
    """One call of one turn."""
    rate_hz = utterance.rate_hz
    spoken = np.frombuffer(utterance.pcm, "<i2") / 32768
    quiet = np.zeros(round(BEFORE_S * rate_hz)), np.zeros(round(AFTER_S * rate_hz))
    end_s = BEFORE_S + spoken.size / rate_hz
    happened = call(session_plan, np.concatenate((quiet[0], spoken, quiet[1])), rate_hz=rate_hz)
    finals = [
        (at, message.text)
        for at, message in happened.log
        if isinstance(message, wire.OnTranscript) and message.is_final
    ]
    if not finals:
        return Turn(is_understood=False, delay_ms=None, cut_in=False)
    at, _ = finals[0]
    said = " ".join(text for _, text in finals)
    return Turn(utterance.understood_as(said), 1000 * (at - end_s), cut_in=at < end_s - 0.05)


def agent(script: object, **config: object) -> SessionPlan:
    """An agent that listens at once."""
    return plan(first_message="Yes?", llm={"provider": "script", "script": script}, **config)


def report(name: str, turns: Sequence[Turn]) -> None:
    """Print the figures of a group."""
    right = sum(turn.is_understood for turn in turns)
    delays = [turn.delay_ms for turn in turns if turn.delay_ms is not None and not turn.cut_in]
    shares = [f"{float(np.percentile(delays, share)):.0f}" for share in (50, 95)] if delays else ["-", "-"]
    cut_in = sum(turn.cut_in for turn in turns)
    nothing = sum(turn.delay_ms is None for turn in turns)
    print(
        f"{name}: {len(turns)} turns, {right} understood, {nothing} without a turn, {cut_in} taken for over too early; "
        f"endpointing delay p50 {shares[0]} ms, p95 {shares[1]} ms",
        flush=True,
    )


def main() -> None:
    """Print everything."""
    restaurant = agent(people.RESTAURANT)
    fixed = agent(people.RESTAURANT, flow={"endpointing": {"mode": "fixed", "silence_ms": 500}})
    flite, readers = people.flite_people(), people.readers()
    turns = [take(utterance, restaurant) for utterance in flite]
    report("flite, a script", turns)
    report("flite, a script and a fixed wait of 500 ms", [take(utterance, fixed) for utterance in flite])
    for name, utterances in (
        ("people, playing cards, a script", people.card_players()),
        ("people, books read aloud, a script", readers),
        ("people, days and months by telephone, a script", people.telephone_prompts()),
    ):
        script = agent(people.script_of(utterances))
        group = [take(utterance, script) for utterance in utterances]
        report(name, group)
        turns += group
    report(
        "people, books read aloud, open English",
        [take(book, plan(first_message="Yes?", llm={"provider": "script"})) for book in readers],
    )
    report("all with a script", turns)


if __name__ == "__main__":
    main()
