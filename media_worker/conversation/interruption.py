"""What the user's words mean while the agent speaks (conversation.md 4.2)."""

import re
import unicodedata
from enum import Enum, auto


class Meaning(Enum):
    """Of words, not of sounds."""

    NOTHING = auto()
    BACKCHANNEL = auto()
    """Agreement that does not take the floor."""
    SUBSTANTIVE = auto()


MAX_BACKCHANNEL_TOKENS = 4
MIN_FIRM_WORDS = 2


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


BACKCHANNELS_EN = _words(
    "mm mhm mmhm uhhuh hm hmm ah oh aha yeah yep yes ok okay right sure alright cool great good fine true "
    "exactly really wow"
)
BACKCHANNEL_PHRASES_EN = frozenset({"got it", "i see", "of course", "makes sense", "all right", "uh huh", "mm hm"})
FILLERS_EN = _words("um uh er erm")
HARD_STOPS_EN = _words("stop wait no actually but sorry listen pardon")

_STRETCH = re.compile(r"(.)\1{2,}")
_NOT_WORD = re.compile(r"[^\w' ]+")


def normalise(text: str) -> str:
    """Casefolded words with single blanks: no punctuation, no hyphens, no stretched letters."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("-", "")
    return " ".join(_STRETCH.sub(r"\1\1", _NOT_WORD.sub(" ", folded)).split())


def meaning(text: str) -> Meaning:
    """What these words mean when they are said over the agent."""
    words = normalise(text)
    tokens = words.split()
    if not tokens:
        return Meaning.NOTHING
    if tokens[0] in HARD_STOPS_EN or tokens[-1] in HARD_STOPS_EN:
        return Meaning.SUBSTANTIVE
    if len(tokens) > MAX_BACKCHANNEL_TOKENS:
        return Meaning.SUBSTANTIVE
    for phrase in BACKCHANNEL_PHRASES_EN:
        words = re.sub(rf"\b{phrase}\b", "", words)
    left = set(words.split()) - BACKCHANNELS_EN - FILLERS_EN
    return Meaning.SUBSTANTIVE if left else Meaning.BACKCHANNEL


def is_firm(partial: str) -> bool:
    """Whether provisional words already show that the user takes the floor: a hard stop, or two words.

    One word may still become a backchannel: "I" is on its way to "I see".
    """
    tokens = normalise(partial).split()
    if not HARD_STOPS_EN.isdisjoint(tokens):
        return True
    return sum(meaning(token) is Meaning.SUBSTANTIVE for token in tokens) >= MIN_FIRM_WORDS
