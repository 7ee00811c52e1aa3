"""What the words of a running turn say about its end (conversation.md 3.4). Pure; the words are data (cue_words.py)."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from media_worker.conversation.words.cue_words import Cues, cues_of
from media_worker.conversation.words.dictation import Dictation, dictation
from media_worker.conversation.words.normal_form import UNSPACED, ends_with, normalise
from media_worker.conversation.words.script_phrases import Parse, ScriptPhrases

MAX_HOLD_WORDS = 8
"""A longer sentence that ends with "one moment" asks for something else."""
MAX_ANSWER_WORDS = 3
_LENGTHENED = re.compile(r"([^\W\d_])\1{2,}\W*$")
_TRAILING_OFF = re.compile(r"(?:\.\.+|…)\s*$")
_STOPPED = re.compile(r"[.!。！।؟?？]['\"”»]?\s*$")
_QUESTION = re.compile(r"[?？؟]['\"”»]?\s*$|[\u0370-\u03ff\u1f00-\u1fff];\s*$")  # the latter: the Greek question mark
_LIST = re.compile(r"[^,、]+[,、][^,、]+[,、]\s*(?P<last>[^,、.!?。]*)$")


class Cue(Enum):
    """How likely it is that the user goes on."""

    PARSED = auto()
    """A whole phrase of the script; nothing can follow it."""
    COMPLETE = auto()
    QUESTION = auto()
    """Complete, and an answer is asked for."""
    NEUTRAL = auto()
    OPEN = auto()
    """The sentence is not over."""
    DICTATING = auto()
    DICTATING_SHORT = auto()
    """Digits are missing."""
    DICTATED = auto()
    HOLD = auto()
    """The agent is asked to wait."""


_OF_DICTATION = {
    Dictation.RUNNING: Cue.DICTATING,
    Dictation.SHORT: Cue.DICTATING_SHORT,
    Dictation.DONE: Cue.DICTATED,
}
_OF_PARSE = {Parse.COMPLETE: Cue.PARSED, Parse.EXTENDABLE: Cue.NEUTRAL, Parse.INCOMPLETE: Cue.OPEN}


@dataclass(frozen=True)
class TextCue:
    """Judges the text of a turn in one language."""

    language: str = "en"
    phrases: ScriptPhrases | None = None
    """What the recogniser can hear at all, when it is bound to a script."""

    def of(self, text: str, asked: str = "") -> Cue:
        """The cue of a turn's text so far; `asked` is what the agent said last."""
        cues = cues_of(self.language)
        words = normalise(text)
        if not words:
            return Cue.NEUTRAL
        if self.phrases is not None and (parse := self.phrases.parse(text)) is not Parse.UNKNOWN:
            return _OF_PARSE[parse]
        if len(words.split()) <= MAX_HOLD_WORDS and any(ends_with(words, entry) for entry in cues.hold):
            return Cue.HOLD
        if (dictated := dictation(text, asked, cues)) is not Dictation.NONE:
            return _OF_DICTATION[dictated]
        return _of_sentence(text, words, asked, cues)


def _of_sentence(text: str, words: str, asked: str, cues: Cues) -> Cue:
    if _TRAILING_OFF.search(text) or _LENGTHENED.search(text):
        return Cue.OPEN
    if _answers(words, asked, cues) or any(ends_with(words, entry) for entry in cues.done | cues.endings):
        return Cue.QUESTION if _QUESTION.search(text) else Cue.COMPLETE
    if any(ends_with(words, entry) for entry in cues.open | cues.fillers):
        return Cue.NEUTRAL if _STOPPED.search(text) else Cue.OPEN
    if _QUESTION.search(text):
        return Cue.QUESTION
    if _STOPPED.search(text):
        return Cue.COMPLETE
    listing = _LIST.search(text)
    if listing and not UNSPACED.search(text) and not set(normalise(listing["last"]).split()) & cues.open:
        return Cue.OPEN
    return Cue.NEUTRAL


def _answers(words: str, asked: str, cues: Cues) -> bool:
    """Whether this is a whole answer to a question that was just asked."""
    if not _QUESTION.search(asked) or len(words.split()) > MAX_ANSWER_WORDS:
        return False
    left = words
    for entry in sorted(cues.answers, key=len, reverse=True):
        left = re.sub(rf"(?<!\w){re.escape(entry)}(?!\w)", " ", left)
    return not left.strip()


def asks_yes_or_no(asked: str, language: str) -> bool:
    """Whether what the agent said last is a question that "mm-hm" answers."""
    if not _QUESTION.search(asked):
        return False
    asks = cues_of(language).asks
    question = normalise(re.split(r"[.!。！;]\s*(?=\S)", asked)[-1])
    if UNSPACED.search(question):
        return not any(entry in question for entry in asks)
    return not set(question.split()[:4]) & asks
