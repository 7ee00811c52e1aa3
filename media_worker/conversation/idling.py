"""What happens when nobody speaks: the agent asks, and in the end hangs up (conversation.md 7).

Asking counts from the moment the line fell silent: the last sample heard, or the true end of a sound without words.
Hanging up counts from the last activity, and neither a sound without words nor our own asking is any.
"""

from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due


class Idling:
    """The two idle clocks; they run while the floor is idle."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._asked = 0
        """How often in a row."""

    def start(self) -> None:
        """Nobody speaks."""
        board, policy = self._board, self._board.policy
        self.await_max_idle()
        if policy.inactivity_s is not None and self._asked < policy.max_inactivity_prompts:
            wait_s = policy.inactivity_s * (1 + 0.5 * self._asked)
            board.deadlines.arm(Due.INACTIVITY, max(board.now, board.silent_since + wait_s))

    def await_max_idle(self) -> None:
        """Hang up in time, whoever has to speak first."""
        if self._board.policy.max_idle_s is not None:
            self._board.deadlines.arm(Due.MAX_IDLE, self._board.last_activity + self._board.policy.max_idle_s)

    def stop(self) -> None:
        """Somebody speaks."""
        self._board.deadlines.disarm(Due.MAX_IDLE, Due.INACTIVITY)

    def asked(self) -> None:
        """The agent asks whether somebody is there."""
        self._asked += 1

    def answered(self) -> None:
        """Somebody is."""
        self._asked = 0
