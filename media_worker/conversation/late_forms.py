"""Forms that the user is done with when no reply waits for them any more: he had asked something meanwhile."""

from collections import deque
from collections.abc import Callable

from media_worker.conversation.board import Board
from media_worker.conversation.floor import Floor


class LateForms:
    """Their results, until each is answered as soon as nobody speaks."""

    def __init__(self, board: Board, answer: Callable[[str], None]) -> None:
        self._board = board
        self._answer = answer
        self._waiting: deque[str] = deque()

    def add(self, call_id: str) -> None:
        """This one has come back."""
        self._waiting.append(call_id)

    def answer_next(self) -> None:
        """If this is the moment, answer the first; nothing is answered any more once the end is near."""
        if self._waiting and self._board.floor is Floor.IDLE and self._board.ending.open:
            self._board.explain("answering: the user came back to a form")
            self._answer(self._waiting.popleft())
