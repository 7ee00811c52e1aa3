"""What the agent said last, as the user hears it: a short word after a question is an answer, not a backchannel."""

import re

_SENTENCES = re.compile(r"(?<=[.!?。！？;؟])\s*")
_IS_QUESTION = re.compile(r"[?？؟]['\"”»)]*$|[\u0370-\u03ff\u1f00-\u1fff];$")
SECONDS_PER_CHARACTER = 0.065
"""English at about 160 words a minute; only to tell how much of a sentence is still to come."""
ANSWER_WINDOW_S = 1.5
"""A question's last word and its answer are no further apart."""


class AgentWords:
    """The last two pieces of the agent's speech and when they began to sound."""

    def __init__(self) -> None:
        self._turn_id = -1
        self._text = ""
        self._last = self._before = ""
        self._since = self._before_since = 0.0
        self.began_at = 0.0
        """When the running reply was first heard."""

    def said(self, turn_id: int, text: str, now: float) -> None:
        """`text` is all of the reply whose sound has begun, as it grows."""
        if turn_id != self._turn_id:
            self._turn_id, self._text = turn_id, ""
            self.began_at = now
        added = text.removeprefix(self._text).strip()
        self._text = text
        if added:
            self._before, self._before_since = self._last, self._since
            self._last, self._since = added, now

    @property
    def sentence(self) -> str:
        """The last sentence that was begun."""
        sentences = [sentence for sentence in _SENTENCES.split(self._last) if sentence.strip()]
        return sentences[-1].strip() if sentences else ""

    def sounding(self, since: float) -> str:
        """Its words that can have been heard after `since`; rather too many than too few."""
        is_over = self._before_since + len(self._before) * SECONDS_PER_CHARACTER < since
        return self._last if is_over else f"{self._before} {self._last}"

    def question_at(self, onset: float) -> str:
        """The question that somebody who begins to speak at `onset` may be answering; "" = none.

        It is being asked and nearly over, or the agent has barely begun to say something else.
        """
        if _IS_QUESTION.search(self._last):
            ends_at = self._since + len(self._last) * SECONDS_PER_CHARACTER
            return self.sentence if onset >= ends_at - ANSWER_WINDOW_S else ""
        if _IS_QUESTION.search(self._before) and onset - self._since <= ANSWER_WINDOW_S:
            return self._before
        return ""
