"""The floor is contested: the user makes a sound during a reply, which holds until we know what it comes to.

Sounds only hold; words decide, and provisional ones only once the voice has spoken for long enough (conversation.md 4).
"""

from enum import Enum, auto

from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import DoubtSounds
from media_worker.conversation.floor import Floor
from media_worker.conversation.interruption import Meaning, is_firm
from media_worker.conversation.overlap import certain_at, is_certain, overlap_meaning
from media_worker.conversation.user_turn import UserTurn


class Outcome(Enum):
    """What the sound comes to."""

    OPEN = auto()
    INTERRUPTS = auto()
    IS_IGNORED = auto()


class Contest:
    """Owns the deadline of the hold."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def weigh(self, turn: UserTurn) -> Outcome:
        """The words have changed: what they come to now, or how long the hold goes on."""
        board = self._board
        meant = self._meaning(turn)
        if meant.takes_floor:
            if self._is_certain(turn, meant):
                return Outcome.INTERRUPTS
            self._await_certainty(turn)
        elif turn.speaking:
            self._hold_for_agreement(turn, meant)
        elif turn.finals_awaited:
            return Outcome.OPEN
        elif board.floor is Floor.PAUSED:
            wait = 0.0 if meant is Meaning.NOTHING else board.policy.backchannel_grace_s
            board.deadlines.arm(Due.HOLD, board.now + wait)
        else:
            return Outcome.IS_IGNORED
        return Outcome.OPEN

    def interrupts_at_last(self, turn: UserTurn) -> bool:
        """The hold is over: whether there are words by now that take the floor."""
        meant = self._meaning(turn)
        return meant.takes_floor and (not turn.speaking or self._is_certain(turn, meant))

    def cap_due(self, turn: UserTurn | None) -> None:
        """The reply was held for as long as we hold one; without a word it was for nothing."""
        if self._board.floor is Floor.PAUSED and (turn is None or not turn.text):
            self._board.do(DoubtSounds())

    def await_words(self, turn: UserTurn | None) -> None:
        """The sound is over: words may still come, or become certain."""
        policy = self._board.policy
        is_unsure = turn is not None and self._meaning(turn).takes_floor
        grace_s = policy.unsure_grace_s if is_unsure else policy.hold_grace_s
        self._board.deadlines.arm(Due.HOLD, self._board.now + grace_s)

    def _meaning(self, turn: UserTurn) -> Meaning:
        return overlap_meaning(turn, self._board.agent, self._board.policy)

    def _is_certain(self, turn: UserTurn, meant: Meaning) -> bool:
        return is_certain(turn, meant, self._board.policy, self._board.now)

    def _hold_for_agreement(self, turn: UserTurn, meant: Meaning) -> None:
        """He goes on with what does not take the floor: agreement holds only for a while."""
        board = self._board
        board.deadlines.disarm(Due.HOLD)
        if board.floor is Floor.PAUSED and meant is not Meaning.NOTHING:
            board.deadlines.arm(Due.HOLD, max(board.now, turn.onset + board.policy.agreement_s))

    def _await_certainty(self, turn: UserTurn) -> None:
        """Keep holding; firm words interrupt as soon as the user has spoken for long enough."""
        if not turn.speaking:
            return
        policy, deadlines = self._board.policy, self._board.deadlines
        if is_firm(turn.partial, policy.vocabulary):
            deadlines.arm(Due.HOLD, certain_at(turn, policy))
        else:
            deadlines.disarm(Due.HOLD)
