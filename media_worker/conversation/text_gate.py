"""Whether all the user's words are there: closed while a final text is awaited, which is never for long."""

from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import RequestFinal
from media_worker.conversation.user_turn import UserTurn


class TextGate:
    """Owns the deadline of the final text."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def request(self, turn: UserTurn) -> None:
        """Ask the recogniser for the final text of what it has."""
        turn.unflushed = False
        turn.finals_awaited += 1
        self.bound()
        self._board.do(RequestFinal())

    def keep(self, turn: UserTurn) -> None:
        """He is silent again: what was awaited before his last sound still is, for a bounded time."""
        if turn.finals_awaited and not self._board.deadlines.armed(Due.TEXT):
            self.bound()

    def bound(self) -> None:
        """Whatever is awaited has its time from now on."""
        self._board.deadlines.arm(Due.TEXT, self._board.now + self._board.policy.text_wait_s)
