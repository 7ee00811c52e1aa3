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
        self._asks: bool | None = None
        """Whether the agent may ask; None: the clocks stand still."""
        self._writes = False
        """The user has no microphone: that he says nothing is no silence."""

    def start(self) -> None:
        """Nobody speaks."""
        self._asks = True
        self._arm()

    def await_max_idle(self) -> None:
        """Hang up in time, whoever has to speak first."""
        self._asks = False
        self._arm()

    def stop(self) -> None:
        """Somebody speaks."""
        self._asks = None
        self._board.deadlines.disarm(Due.MAX_IDLE, Due.INACTIVITY)

    def microphone(self, *, used: bool) -> None:
        """The user speaks from now on, or only writes: the clocks begin anew."""
        self._writes = not used
        if self._asks is not None:
            self._board.deadlines.disarm(Due.INACTIVITY)
            self._board.silent_since = self._board.last_activity = self._board.now
            self._arm()

    def _arm(self) -> None:
        board, policy = self._board, self._board.policy
        if policy.max_idle_s is not None:
            wait_s = max(policy.max_idle_s, policy.writer_idle_s) if self._writes else policy.max_idle_s
            board.deadlines.arm(Due.MAX_IDLE, board.last_activity + wait_s)
        may_ask = self._asks and not self._writes and self._asked < policy.max_inactivity_prompts
        if policy.inactivity_s is not None and may_ask:
            wait_s = policy.inactivity_s * (1 + 0.5 * self._asked)
            board.deadlines.arm(Due.INACTIVITY, max(board.now, board.silent_since + wait_s))

    def asked(self) -> None:
        """The agent asks whether somebody is there."""
        self._asked += 1

    def answered(self) -> None:
        """Somebody is."""
        self._asked = 0
