"""The turn that was answered last, and the final texts that come late or twice (conversation.md 3.5).

A turn is answered with a provisional text when its final one takes too long. The final still comes: it is the same, or
it corrects the turn, or it begins another one; it is never lost and nothing is answered twice.
"""

from itertools import takewhile

from media_worker.conversation.board import Board
from media_worker.conversation.effects import ReviseUser
from media_worker.conversation.events import FinalHeard
from media_worker.conversation.floor import Floor, Signal
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.words.normal_form import UNSPACED, normalise, words_from

REPEATED_FINAL_S = 1.0
"""The words of a turn that come again so soon, without a sound, were sent twice."""
LATE_FINAL_S = 1.0
"""Other words that come so soon for a provisional text are what was really said."""
MIN_NEW_WORDS = 3
"""So many more than were answered are asked for when the agent speaks already."""


class Answered:
    """Owns what is still to come of turns that are over."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._fixed: tuple[str, ...] = ()
        self._provisional = self._words = ""
        self._at = 0.0
        self._epoch = 0
        self._unasked = False
        """The answer was to provisional words that came after the final text that was asked for: the recogniser will
        end them with one that nobody asked for."""
        self.overdue = 0
        """Finals that were given up on: when one comes after all, its words may have been answered already."""

    def give_up(self, turn: UserTurn) -> None:
        """The final texts that this turn waits for are waited for no longer."""
        self.overdue += turn.finals_awaited
        turn.finals_awaited = 0

    def turn(self, turn: UserTurn, text: str) -> None:
        """A turn is complete and answered as `text`."""
        self._fixed, self._provisional = tuple(turn.finals), "" if turn.keys.pressed else turn.partial
        self._unasked = bool(self._provisional) and not self.overdue
        self._words, self._at = normalise(text), self._board.now

    def fresh(self, final: FinalHeard, *, in_turn: bool) -> str | None:
        """What a final says beyond turns that are over; None = nothing. `in_turn`: another one runs."""
        if final.epoch < self._epoch:
            return None
        if final.epoch > self._epoch:
            # The new recogniser hears what the lost one made no text of, and is asked once for all that it owed.
            self._epoch, self.overdue = final.epoch, min(self.overdue, 1)
        words, is_prompt = normalise(final.text), self._board.now - self._at <= REPEATED_FINAL_S
        ends_partial = self._unasked and not in_turn and self._board.now - self._at <= LATE_FINAL_S
        self._unasked = False
        if not self.overdue and not ends_partial:
            is_nothing = not final.text or (is_prompt and words == self._words)
            return None if is_nothing and not in_turn else final.text
        self.overdue = max(0, self.overdue - 1)
        if _holds(self._words, words):
            if words and words == normalise(self._provisional):
                self._revise(final.text)
            return None
        if not self._provisional or self._board.now - self._at > LATE_FINAL_S:
            return final.text
        return self._correct(final.text, words)

    def repeats(self, partial: str) -> bool:
        """Whether provisional words belong to a final that was given up on, and say nothing new."""
        return self.overdue > 0 and normalise(partial) in self._words

    def _correct(self, text: str, words: str) -> str | None:
        """Other words than those that were answered; the rest of them, if that is a turn of its own."""
        board = self._board
        said = words.split()
        pairs = zip(said, normalise(self._provisional).split(), strict=False)
        added = len(said) - sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if board.sounding_since > self._at and added >= MIN_NEW_WORDS:
            return words_from(text, len(said) - added)
        self._revise(text)
        if board.floor in (Floor.ANSWERING, Floor.PAUSED):
            board.signal(Signal.CORRECTED)
        return None

    def _revise(self, text: str) -> None:
        """The history has what was really said."""
        revised = " ".join((*self._fixed, text))
        self._provisional, self._words = text, normalise(revised)
        self._board.do(ReviseUser(revised))


def _holds(answered: str, words: str) -> bool:
    """Whether normalised words stand in those that were answered: none always do, and "no" is not in "know"."""
    if not words or UNSPACED.search(words):
        return words in answered
    return f" {words} " in f" {answered} "
