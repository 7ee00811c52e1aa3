"""How much may be prepared in vain: who goes on often is given more time, and then a rest (conversation.md 5.4)."""

from dataclasses import dataclass

START_SHARE, LATER_SHARE = 0.35, 0.55
"""Of the wait: when a reply is prepared, ordinarily and when many were in vain."""
MANY, TOO_MANY = 0.4, 0.6
"""Shares of the attempts."""
ENOUGH = 4
"""Fewer attempts say nothing about a caller."""
WINDOW_TURNS = 20
REST_TURNS = 10
MAX_OVERHEAD = 0.3
"""Attempts in vain for every turn: with them a call makes at most 1.3 requests a turn."""
CREDIT = 3
"""So many may be in vain before there have been turns enough to tell."""


@dataclass(frozen=True)
class SpeculationBudget:
    """The attempts of the last turns, and how many of them were in vain. A turn that is over gives a new budget."""

    made: tuple[int, ...] = ()
    in_vain: tuple[int, ...] = ()
    rest: int = 0
    """For so many turns nothing is prepared."""

    def after_turn(self, made: int, in_vain: int) -> "SpeculationBudget":
        """A turn is over."""
        after = SpeculationBudget(
            (*self.made, made)[-WINDOW_TURNS:], (*self.in_vain, in_vain)[-WINDOW_TURNS:], max(0, self.rest - 1)
        )
        if made and after._share > TOO_MANY:
            return SpeculationBudget(after.made, after.in_vain, REST_TURNS)
        return after

    @property
    def start_share(self) -> float:
        """The share of the wait after which a reply is prepared."""
        return LATER_SHARE if self._share > MANY else START_SHARE

    def allows(self, in_vain: int) -> bool:
        """Whether another attempt may be in vain, in a turn that has had `in_vain` of them."""
        if self.rest:
            return False
        before = self.in_vain[-(WINDOW_TURNS - 1) :]
        return sum(before) + in_vain + 1 <= max(CREDIT, MAX_OVERHEAD * (len(before) + 1))

    @property
    def _share(self) -> float:
        made = sum(self.made)
        return sum(self.in_vain) / made if made >= ENOUGH else 0.0
