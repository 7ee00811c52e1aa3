"""Deciding that the user's turn has ended: policies over silence, words and the recogniser's own opinion.

A policy is a value: what it learns gives a new policy. Every wait counts from the true end of speech, so a deadline
can be computed anew whenever the words change, and may be in the past: then the turn has ended already.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

from media_worker.conversation.pause_habit import SHORTEST_PAUSE_S, PauseHabit
from media_worker.conversation.words.text_cue import Cue, TextCue

FACTORS = {Cue.COMPLETE: 0.55, Cue.QUESTION: 0.55 * 0.9, Cue.NEUTRAL: 1.0, Cue.OPEN: 1.8}
"""What the words do to the learned wait (conversation.md 3.2)."""
FIRST_TURN_FACTOR = 1.1
"""At the beginning of a call people are still settling."""
DICTATION_FACTOR = 1.5
DICTATION_FLOOR_S, DICTATION_CEILING_S = 0.9, 3.0
DICTATED_S = 0.4
HOLD_S = 6.0
"""Whoever asks for a moment gets it."""
REGRET_WEIGHT = 3.0
"""Of a pause that we took for the end."""
MAX_STEP = 0.2
"""The learned wait changes by no more than this share from turn to turn."""
SPREAD_DECAY, MIN_SPREAD = 0.98, 0.5
"""Every turn that ended well makes the agent a little faster."""
SURE_SILENCE_S = 0.12
"""With the recogniser's word for the end, this much silence is enough."""


@dataclass(frozen=True)
class Pause:
    """The user has stopped speaking; he may or may not go on."""

    true_end: float
    """When the last sound ended, on the session's clock."""
    text: str = ""
    """His turn so far."""
    asked: str = ""
    """What the agent said last."""
    ended: bool = False
    """The recogniser says that the turn is over."""


class Prospect(Enum):
    """What a pause's words let us expect."""

    GOES_ON = auto()
    """A sentence that is not over, dictation, or a caller who asks for a moment."""
    MAY_BE_OVER = auto()
    OVER = auto()
    """Nothing can follow, or the recogniser says so."""


class Endpointing(Protocol):
    """How the end of the user's turn is found."""

    def due(self, pause: Pause) -> float:
        """When the turn ends if nothing follows."""
        ...

    def prospect(self, pause: Pause) -> Prospect:
        """Whether the turn is likely to end there."""
        ...

    def learned(self, pause_s: float, *, regretted: bool = False) -> "Endpointing":
        """He went on after a pause; `regretted`: after we had taken it for the end."""
        ...

    def turn_over(self) -> "Endpointing":
        """A turn was committed."""
        ...


@dataclass(frozen=True)
class FixedSilence:
    """The turn has ended when the user has been silent for a fixed time, longer only while he dictates."""

    silence_s: float = 0.5
    response_delay_s: float = 0.0
    """`flow.response_delay`: added to every wait."""
    number_input_delay_s: float = 0.0
    """Added while he dictates."""
    cue: TextCue = field(default_factory=TextCue)

    def due(self, pause: Pause) -> float:
        """When the turn ends if no sound follows."""
        is_dictating = self.number_input_delay_s > 0 and self.cue.of(pause.text, pause.asked) in _DICTATING
        extra_s = self.number_input_delay_s if is_dictating else 0.0
        return pause.true_end + self.silence_s + extra_s + self.response_delay_s

    def prospect(self, pause: Pause) -> Prospect:
        """What the words say."""
        return _prospect(self.cue, pause)

    def learned(self, pause_s: float, *, regretted: bool = False) -> "FixedSilence":
        """Nothing is learned."""
        return self

    def turn_over(self) -> "FixedSilence":
        """Nothing changes."""
        return self


@dataclass(frozen=True)
class ProviderTurn:
    """The recogniser tells the end of the turn; silence ends it only when the recogniser says nothing for long."""

    max_silence_s: float = 1.8
    response_delay_s: float = 0.0

    def due(self, pause: Pause) -> float:
        """At once when the recogniser said so."""
        return pause.true_end + (0.0 if pause.ended else self.max_silence_s) + self.response_delay_s

    def prospect(self, pause: Pause) -> Prospect:
        """Only the recogniser knows."""
        return Prospect.OVER if pause.ended else Prospect.GOES_ON

    def learned(self, pause_s: float, *, regretted: bool = False) -> "ProviderTurn":
        """Nothing is learned."""
        return self

    def turn_over(self) -> "ProviderTurn":
        """Nothing changes."""
        return self


@dataclass(frozen=True)
class AdaptiveSilence:
    """The turn has ended when the silence outlasts this caller's pauses; his words shorten or lengthen the wait.

    The wait lies within [silence_s, max_silence_s]. Outside are only: a script's phrase that nothing can follow
    (`parsed_s`), the recogniser's word for the end, dictation, and a caller who asks for a moment.
    """

    silence_s: float = 0.4
    max_silence_s: float = 1.8
    parsed_s: float = 0.25
    response_delay_s: float = 0.0
    number_input_delay_s: float = 0.0
    cue: TextCue = field(default_factory=TextCue)
    habit: PauseHabit = field(default_factory=PauseHabit)
    base_s: float = PauseHabit().covering_s()
    """The wait for words that say nothing about the end."""
    spread: float = 1.0
    turns: int = 0

    def due(self, pause: Pause) -> float:
        """When the turn ends if nothing follows."""
        wait_s = self.wait_s(self.cue.of(pause.text, pause.asked))
        if pause.ended:
            wait_s = min(wait_s, SURE_SILENCE_S)
        return pause.true_end + wait_s + self.response_delay_s

    def prospect(self, pause: Pause) -> Prospect:
        """What the words say."""
        return _prospect(self.cue, pause)

    def wait_s(self, cue: Cue) -> float:
        """The silence that ends a turn with this cue, without `flow.response_delay.generic_delay`."""
        match cue:
            case Cue.PARSED:
                return self.parsed_s
            case Cue.HOLD:
                return HOLD_S
            case Cue.DICTATED:
                return max(DICTATED_S, self.silence_s)
            case Cue.DICTATING_SHORT:
                return max(DICTATION_CEILING_S, self.silence_s) + self.number_input_delay_s
            case Cue.DICTATING:
                wait_s = min(max(DICTATION_FACTOR * self.base_s, DICTATION_FLOOR_S), DICTATION_CEILING_S)
                return max(wait_s, self.silence_s) + self.number_input_delay_s
            case _:
                first = FIRST_TURN_FACTOR if self.turns == 0 else 1.0
                wait_s = self.base_s * first * FACTORS[cue]
                return max(self.silence_s, min(wait_s, self.max_silence_s))

    def learned(self, pause_s: float, *, regretted: bool = False) -> "AdaptiveSilence":
        """A pause of this caller; the next turn's wait follows it, by one step at most."""
        if regretted:
            habit = self.habit.with_pause(min(pause_s, self.max_silence_s), REGRET_WEIGHT)
            return replace(self, habit=habit, spread=1.0)
        if not SHORTEST_PAUSE_S <= pause_s <= self.max_silence_s:
            return self
        return replace(self, habit=self.habit.with_pause(pause_s))

    def turn_over(self) -> "AdaptiveSilence":
        """Move the wait towards what was learned."""
        spread = max(self.spread * SPREAD_DECAY, MIN_SPREAD)
        target_s = self.habit.covering_s(spread)
        base_s = max(self.base_s * (1 - MAX_STEP), min(target_s, self.base_s * (1 + MAX_STEP)))
        return replace(self, base_s=base_s, spread=spread, turns=self.turns + 1)


_MAY_BE_OVER = (Cue.NEUTRAL, Cue.COMPLETE, Cue.QUESTION)
_DICTATING = (Cue.DICTATING, Cue.DICTATING_SHORT)


def _prospect(cue: TextCue, pause: Pause) -> Prospect:
    said = cue.of(pause.text, pause.asked)
    if pause.ended or said is Cue.PARSED:
        return Prospect.OVER
    return Prospect.MAY_BE_OVER if said in _MAY_BE_OVER else Prospect.GOES_ON
