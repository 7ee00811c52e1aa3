"""A voice that goes on says something, unless the VAD is mistaken: noise must not keep a turn open for ever."""

from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import DoubtSounds
from media_worker.conversation.floor import Floor
from media_worker.conversation.user_turn import UserTurn

AFTER_TURN_END_S = 1.0
"""With the recogniser's word for the end of the turn, a sound that goes on for so long without words is noise."""
AFTER_WORDS_FACTOR = 2.0
"""Who has begun to say something is believed for longer."""


class Wordless:
    """Expects words of a voice, once a recogniser that hears everything has shown that it tells provisional ones."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._tells_partials = False

    def partial(self) -> None:
        """There are provisional words: from now on their absence means something."""
        self._tells_partials = True

    def expect(self, turn: UserTurn) -> None:
        """The voice has begun, or has just said something."""
        policy = self._board.policy
        if self._tells_partials and self._goes_on(turn) and not policy.whole_turns:
            factor = AFTER_WORDS_FACTOR if turn.text else 1.0
            self._board.deadlines.arm(Due.WORDLESS, self._board.now + factor * policy.wordless_s)

    def turn_ended(self, turn: UserTurn) -> None:
        """The recogniser says that the turn is over, while the VAD hears the voice."""
        if self._goes_on(turn):
            self._board.deadlines.arm(Due.WORDLESS, max(self._board.now, turn.changed_at + AFTER_TURN_END_S))

    def is_noise(self, turn: UserTurn) -> bool:
        """The deadline has passed: whether it is about this turn. Then the microphone is doubted."""
        if not self._goes_on(turn):
            return False
        self._board.explain("not heard: a sound that goes on without words")
        self._board.do(DoubtSounds())
        return True

    def _goes_on(self, turn: UserTurn) -> bool:
        return turn.speaking and self._board.floor is Floor.USER_SPEAKING
