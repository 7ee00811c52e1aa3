"""What is known of the user's running turn."""

from dataclasses import dataclass, field

from media_worker.conversation.dtmf import Keys
from media_worker.conversation.words.normal_form import characters_as_words, normalise

UNINTELLIGIBLE = "[unintelligible]"
"""Stands in the history for speech that could not be told."""


@dataclass
class UserTurn:
    """One hold of the floor by the user; a turn may have several utterances."""

    speaking: bool = False
    """The VAD hears the user now."""
    true_end: float = 0.0
    """When the last sound ended; meaningless while speaking."""
    voiced_ms: int = 0
    finals: list[str] = field(default_factory=list)
    partial: str = ""
    partial_before: str = ""
    """What it was when the last sound began."""
    rejected: bool = False
    """Some of the speech could not be told."""
    typed: bool = False
    """Part of it was written."""
    keys: Keys = field(default_factory=Keys)
    muted: bool = False
    """The microphone was off since his last sound: how long tells nothing of him."""
    finals_awaited: int = 0
    """How many final texts were requested and have not come."""
    shown: str = ""
    """What the client was shown of it last."""
    unflushed: bool = False
    """There was speech since the last request for a final text."""
    onset: float = 0.0
    """When the last sound began."""
    ended: bool = False
    """The recogniser says that the turn is over."""
    likely_over: bool = False
    """The recogniser expects that it is over."""
    changed_at: float = 0.0
    """When its words changed last."""
    doubtful: bool = False
    """It may be the agent's own echo."""
    paused_s: float | None = None
    """The last pause, until it is known whether he went on with words or only made a sound."""
    words_before: int = 0
    """How many words there were before it."""
    end_before: float = 0.0
    """When it began."""

    @property
    def text(self) -> str:
        """Everything understood so far."""
        return " ".join(part for part in (*self.finals, self.partial, self.keys.text) if part)

    @property
    def word_count(self) -> int:
        """How many words were understood; two characters make one in scripts without blanks."""
        words = normalise(self.text)
        return max(len(words.split()), characters_as_words(words))

    def begin(self, onset: float, *, doubtful: bool) -> None:
        """A sound begins, perhaps not his."""
        self.onset, self.doubtful = onset, doubtful
        self.speaking = self.unflushed = True
        self.partial_before = self.partial

    def went_on(self, onset: float) -> None:
        """A sound follows a pause."""
        if self.paused_s is None:
            self.end_before, self.words_before = self.true_end, self.word_count
        self.paused_s = onset - self.true_end

    def forget_sound(self) -> None:
        """The last sound had no words: the pause before it goes on."""
        if self.paused_s is not None and not self.speaking and self.word_count <= self.words_before:
            self.true_end, self.paused_s = self.end_before, None

    def pause_survived(self) -> float | None:
        """The pause that new words ended, once; seconds."""
        if self.paused_s is None or self.word_count <= self.words_before:
            return None
        pause_s, self.paused_s = self.paused_s, None
        was_muted, self.muted = self.muted, False
        return None if was_muted else pause_s

    def words(self, unintelligible_ms: int) -> str:
        """The turn as the history will have it; empty when it is no turn."""
        if self.text:
            return self.text
        return UNINTELLIGIBLE if self.rejected and self.voiced_ms >= unintelligible_ms else ""

    def changes_to(self, words: str, now: float) -> bool:
        """Whether this is not what the client was shown; then it is now, and no opinion about the end holds."""
        if words == self.shown:
            return False
        self.shown, self.changed_at = words, now
        self.ended = self.likely_over = False
        return True

    def take_back(self) -> None:
        """The sound that runs is not the user's."""
        self.speaking = self.unflushed = False
        self.partial = self.partial_before

    def add_typed(self, text: str) -> None:
        """Take what he wrote."""
        self.finals += [self.partial, text]
        self.partial = ""
        self.typed = True

    def add_key(self, key: str, now: float) -> None:
        """Take a telephone key."""
        self.keys = self.keys.press(key, now)

    def add_final(self, text: str, now: float, *, rejected: bool) -> None:
        """Take the final text of an utterance; it replaces the partial. Without a sound before it ends now."""
        if not self.speaking and self.true_end == 0.0:
            self.true_end = now
        self.partial = self.partial_before = ""
        self.finals_awaited = max(0, self.finals_awaited - 1)
        if text:
            self.finals.append(text)
        elif not rejected:
            self.forget_sound()
        self.rejected = self.rejected or rejected
