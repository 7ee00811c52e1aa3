"""How long this conversation waits for its user: the endpointing policy, and what it is taught on the way."""

from dataclasses import replace

from media_worker.conversation.endpointing import AdaptiveSilence, Endpointing, Pause, Prospect
from media_worker.conversation.overlap import answers_nothing
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.words.agent_words import AgentWords

REGRET_AFTER_COMMIT_S, REGRET_AFTER_AUDIO_S = 1.0, 0.6
"""Who goes on so soon after we took his pause for the end had not ended."""
TURN_LIMIT_MS, TURN_LIMIT_PAUSE_S = 30_000, 0.2
"""Who has spoken for so long is answered in his next short pause."""


class Patience:
    """Grows and shrinks with the caller's pauses."""

    def __init__(self, endpointing: Endpointing) -> None:
        self._endpointing = endpointing
        self._committed_at: float | None = None
        """When the last turn was taken for complete, until it is known whether it was."""
        self._committed_end = 0.0

    def due(self, turn: UserTurn, agent: AgentWords) -> float:
        """When the turn ends if nothing follows."""
        if turn.keys.pressed and turn.true_end <= turn.keys.last_at:
            return turn.keys.due
        if turn.voiced_ms >= TURN_LIMIT_MS:
            return turn.true_end + TURN_LIMIT_PAUSE_S
        return self._endpointing.due(_pause(turn, agent))

    def wait_s(self, turn: UserTurn, agent: AgentWords) -> float | None:
        """The silence that ends it; None when it was written."""
        return None if turn.typed else self.due(turn, agent) - turn.true_end

    def prospect(self, turn: UserTurn, agent: AgentWords, policy: TurnPolicy, *, paused: bool) -> Prospect:
        """Whether a reply may be prepared before that; `paused`: he is silent."""
        if turn.likely_over:
            return Prospect.OVER
        if not paused or turn.keys.pressed or answers_nothing(turn, agent, policy):
            return Prospect.GOES_ON
        return self._endpointing.prospect(_pause(turn, agent))

    def switch(self, endpointing: Endpointing) -> None:
        """Judge by other words from now on; what his pauses taught stays."""
        learned = self._endpointing
        if isinstance(learned, AdaptiveSilence) and isinstance(endpointing, AdaptiveSilence):
            endpointing = replace(learned, cue=endpointing.cue)
        self._endpointing = endpointing

    def heard(self, turn: UserTurn) -> None:
        """The turn's words changed: a pause that new words ended was none of its end."""
        pause_s = turn.pause_survived()
        if pause_s is not None:
            self._endpointing = self._endpointing.learned(pause_s)

    def turn_over(self, turn: UserTurn, now: float) -> None:
        """The turn was taken for complete."""
        self._endpointing = self._endpointing.turn_over()
        self._committed_at, self._committed_end = now, turn.true_end

    def interrupted(self, turn: UserTurn, agent: AgentWords) -> None:
        """He interrupts; so soon after a commit he goes on with the turn that was not over."""
        if self._committed_at is None:
            return
        is_heard = agent.began_at > self._committed_at
        went_on = turn.onset - self._committed_at <= REGRET_AFTER_COMMIT_S
        if went_on or (is_heard and turn.onset - agent.began_at <= REGRET_AFTER_AUDIO_S):
            self._endpointing = self._endpointing.learned(turn.onset - self._committed_end, regretted=True)
        self._committed_at = None


def _pause(turn: UserTurn, agent: AgentWords) -> Pause:
    return Pause(turn.true_end, turn.text, agent.sentence, turn.ended)
