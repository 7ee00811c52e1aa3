"""The longest a call may last: whoever speaks then finishes his sentence, and the agent says goodbye."""

from callcore.calls.call import CallStatus
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.ending import EndSignal, Phase
from media_worker.conversation.floor import Floor

AGENT_SENTENCE_S = 3.0
USER_SENTENCE_S = 5.0
"""Nobody's sentence is waited for longer."""
SEND_AHEAD_S = 0.2
"""A sentence is heard this long after its first sample was sent."""


class TimeLimit:
    """Waits between the end of the time and the goodbye."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @property
    def overdue(self) -> bool:
        """The time is up, and the goodbye is still to come."""
        return self._board.ending.phase is Phase.OVERDUE

    def reached(self) -> None:
        """The time is up."""
        board = self._board
        if not board.deadlines.armed(Due.HARD_STOP):
            board.deadlines.arm(Due.HARD_STOP, board.now + board.policy.hard_stop_s)
        if not board.ending.open:
            return
        board.explain("ending: the call reached its maximum duration")
        board.ending.signal(EndSignal.TIME_UP, CallStatus.TIMEOUT)
        patience_s = USER_SENTENCE_S if board.floor is Floor.USER_SPEAKING else AGENT_SENTENCE_S
        board.deadlines.arm(Due.LAST_SENTENCE, board.now + patience_s)

    def sentence_begins(self) -> None:
        """The agent goes on with the next sentence: it is the one that nobody will hear."""
        if self.overdue:
            self._board.deadlines.arm(Due.LAST_SENTENCE, self._board.now + SEND_AHEAD_S)

    def is_time(self, *, agent_audible: bool) -> bool:
        """Whether the goodbye is due: the time is up and nobody is in the middle of a sentence."""
        speaks = self._board.floor is Floor.USER_SPEAKING or (
            agent_audible and self._board.floor in (Floor.ANSWERING, Floor.PAUSED)
        )
        return self.overdue and not speaks
