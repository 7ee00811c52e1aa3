"""What somebody outside has the agent say: in its order, each as soon as nobody speaks."""

from collections import deque
from collections.abc import Callable

from media_worker.conversation.board import Board
from media_worker.conversation.floor import Floor

MAX_WAITING = 8
"""More are refused before they come here."""


class Notices:
    """The texts that wait for their moment."""

    def __init__(self, board: Board, say: Callable[[str], None]) -> None:
        self._board = board
        self._say = say
        self._waiting: deque[str] = deque(maxlen=MAX_WAITING)

    @property
    def waiting(self) -> int:
        """How many they are."""
        return len(self._waiting)

    def add(self, text: str) -> None:
        """Say it when its turn comes."""
        self._waiting.append(text)

    def say_next(self) -> None:
        """If this is the moment, say the first; nothing is said any more once the end is near."""
        if self._waiting and self._board.floor is Floor.IDLE and self._board.ending.open:
            self._board.explain("saying: the back end has sent a text")
            self._say(self._waiting.popleft())
