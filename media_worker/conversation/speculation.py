"""Preparing the reply before the user's turn has surely ended (conversation.md 5).

At most one reply is prepared at a time. It is numbered by its `attempt`, which grows by one for every attempt of the
session, and stays behind a gate until the turn is complete: then it is promoted when it answers the words that were
committed, and thrown away when it does not.
"""

from dataclasses import dataclass

from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import DiscardReply, PrepareReply, PrepareVoice
from media_worker.conversation.endpointing import Prospect
from media_worker.conversation.floor import Floor
from media_worker.conversation.patience import Patience
from media_worker.conversation.reply import Reply, ReplyKind, ReplySignal, ReplyState
from media_worker.conversation.speculation_budget import SpeculationBudget
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.words.basis import basis

MAX_ATTEMPTS = 2
"""In one turn."""
EARLIEST_S = 0.12
"""After the true end of speech; shorter silences are closures of consonants."""
VOICE_SHARE = 0.6
"""Of the wait: when the voice may begin with the first segment."""
SETTLED_S = 0.4
"""Provisional words must have stood for this long: longer than recognisers let pass between two partial texts. With
150 ms twice as many replies are prepared in vain (tests/bench/preparation.py): the last word is still to come."""
AGAIN_AFTER_S = 0.25
"""Whoever went on once is given a longer silence."""
LIFE_S = 2.5
"""A turn that has not ended by then will hardly end with these words."""


@dataclass
class Attempt:
    """One reply that is being prepared."""

    number: int
    reply: Reply
    basis: str
    started_at: float
    speaks: bool = False
    """The voice may say its first segment."""


class Speculation:
    """Owns the reply that is being prepared."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._attempt: Attempt | None = None
        self._attempts = 0
        self._of_turn = self._thrown_of_turn = 0
        self._left = MAX_ATTEMPTS
        """Attempts in this turn."""
        self._budget = SpeculationBudget()

    # --- the user's turn ------------------------------------------------------------------------

    def look_ahead(self, turn: UserTurn, patience: Patience) -> None:
        """The user's running turn is this by now: prepare, go on preparing, or throw away."""
        board, deadlines, now = self._board, self._board.deadlines, self._board.now
        if self._attempt is not None and self._attempt.basis != self._basis(turn.text):
            self._throw_away()
        paused = board.floor is Floor.DECIDING
        if self._attempt is None and not (self._may_begin(turn) and (paused or turn.likely_over)):
            return deadlines.disarm(Due.SPECULATION)
        due = patience.due(turn, board.agent)
        prospect = patience.prospect(turn, board.agent, board.policy, paused=paused)
        while (at := self._next_step(turn, due, prospect)) is not None and at <= now:
            self._step(turn)
        if at is None:
            deadlines.disarm(Due.SPECULATION)
        else:
            deadlines.arm(Due.SPECULATION, at)

    def withdraw(self) -> None:
        """What it was prepared for is no longer so: the history has changed, or the user goes on."""
        self._throw_away()

    def failed(self, number: int) -> bool:
        """The model or the voice gave up on this attempt; whether it is still of interest."""
        if self._attempt is None or self._attempt.number != number:
            return False
        self._throw_away()
        self._left = 0
        return True

    def promote(self, text: str) -> Attempt | None:
        """The turn is complete: the attempt that answers it, which is an ordinary reply from now on."""
        attempt = self._attempt
        if attempt is not None and attempt.basis == self._basis(text):
            attempt.reply.signal(ReplySignal.COMMIT)
            self._attempt = None
        else:
            attempt = None
        self.turn_over()
        return attempt

    def turn_over(self) -> None:
        """The turn is complete or was none: nothing of it is prepared any more."""
        self._throw_away()
        self._budget = self._budget.after_turn(self._of_turn, self._thrown_of_turn)
        self._of_turn = self._thrown_of_turn = 0
        self._left = MAX_ATTEMPTS
        self._board.deadlines.disarm(Due.SPECULATION)

    # --- steps ----------------------------------------------------------------------------------

    def _next_step(self, turn: UserTurn, due: float, prospect: Prospect) -> float | None:
        """When something is to be done about it next; None = not before something else happens."""
        attempt = self._attempt
        if attempt is not None:
            expires_at = attempt.started_at + LIFE_S
            if attempt.speaks or turn.speaking:
                return expires_at
            return min(expires_at, self._voice_at(turn, due, prospect))
        if prospect is Prospect.GOES_ON or not self._may_begin(turn):
            return None
        return self._think_at(turn, due, is_over=prospect is Prospect.OVER)

    def _may_begin(self, turn: UserTurn) -> bool:
        is_wanted = self._board.policy.speculation and self._left > 0 and bool(turn.text)
        return is_wanted and self._budget.allows(self._thrown_of_turn)

    def _think_at(self, turn: UserTurn, due: float, *, is_over: bool) -> float:
        earliest = turn.true_end + AGAIN_AFTER_S if self._of_turn else turn.true_end
        if is_over:
            return earliest
        wait_s = due - turn.true_end
        settled_at = turn.changed_at + SETTLED_S if turn.partial else 0.0
        return max(earliest, turn.true_end + max(EARLIEST_S, self._budget.start_share * wait_s), settled_at)

    def _voice_at(self, turn: UserTurn, due: float, prospect: Prospect) -> float:
        if prospect is Prospect.OVER:
            return turn.true_end
        return turn.true_end + VOICE_SHARE * (due - turn.true_end)

    def _step(self, turn: UserTurn) -> None:
        attempt, now = self._attempt, self._board.now
        if attempt is None:
            self._begin(turn)
        elif now >= attempt.started_at + LIFE_S:
            self._throw_away()
            self._left = 0
        else:
            attempt.speaks = True
            self._board.do(PrepareVoice(attempt.number))

    def _begin(self, turn: UserTurn) -> None:
        board = self._board
        self._attempts += 1
        self._of_turn += 1
        self._left -= 1
        turn_id = board.last_turn_id + 1
        reply = Reply(turn_id, ReplyKind.ANSWER, board.policy.interruptions, ReplyState.SPECULATED)
        self._attempt = Attempt(self._attempts, reply, self._basis(turn.text), board.now)
        board.do(PrepareReply(turn_id, self._attempts, turn.text))

    def _throw_away(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.reply.signal(ReplySignal.CUT)
            self._thrown_of_turn += 1
            self._board.do(DiscardReply(attempt.number))

    def _basis(self, text: str) -> str:
        return basis(text, self._board.policy.language)
