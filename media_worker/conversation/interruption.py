"""What the user's words mean while the agent speaks (conversation.md 4.2)."""

from enum import Enum, auto

from media_worker.conversation.words.backchannels import Vocabulary, vocabulary
from media_worker.conversation.words.normal_form import UNSPACED, characters_as_words, normalise


class Meaning(Enum):
    """Of words, not of sounds."""

    NOTHING = auto()
    MURMUR = auto()
    """Somebody listens: "mm-hm", "um"."""
    BACKCHANNEL = auto()
    """Agreement that does not take the floor: "okay"."""
    SUBSTANTIVE = auto()
    STOP = auto()
    """Takes the floor however short it is: "wait"."""

    @property
    def takes_floor(self) -> bool:
        """Whether it interrupts."""
        return self in (Meaning.SUBSTANTIVE, Meaning.STOP)


MAX_BACKCHANNEL_ENTRIES = 4
MIN_FIRM_WORDS = 2
ENGLISH = vocabulary("en")


def meaning(text: str, lists: Vocabulary = ENGLISH) -> Meaning:
    """What these words mean when they are said over the agent."""
    words = normalise(text)
    if not words:
        return Meaning.NOTHING
    if any(_begins_or_ends(words, stop) for stop in lists.stops):
        return Meaning.STOP
    entries = _entries(words, lists.murmurs | lists.acknowledgements)
    if entries is None or len(entries) > MAX_BACKCHANNEL_ENTRIES:
        return Meaning.SUBSTANTIVE
    return Meaning.MURMUR if lists.murmurs.issuperset(entries) else Meaning.BACKCHANNEL


def is_firm(partial: str, lists: Vocabulary = ENGLISH) -> bool:
    """Whether provisional words already show that the user takes the floor: a hard stop, two words, or one that no
    backchannel begins with: "I" is on its way to "I see", and "al" to "alright".
    """
    words = normalise(partial)
    meant = [meaning(word, lists) for word in words.split()]
    if Meaning.STOP in meant:
        return True
    if UNSPACED.search(words):
        return meaning(words, lists).takes_floor and characters_as_words(words) >= MIN_FIRM_WORDS
    known = lists.murmurs | lists.acknowledgements
    if meant == [Meaning.SUBSTANTIVE]:
        return not any(entry.startswith(words) for entry in known)
    return meant.count(Meaning.SUBSTANTIVE) >= MIN_FIRM_WORDS


def _begins_or_ends(words: str, entry: str) -> bool:
    if UNSPACED.match(entry):
        return words.startswith(entry) or words.endswith(entry)
    return words == entry or words.startswith(f"{entry} ") or words.endswith(f" {entry}")


def _entries(words: str, known: frozenset[str]) -> list[str] | None:
    """The words as a sequence of known entries, the longest first; None when they are not."""
    found: list[str] = []
    rest = words
    while rest:
        entry = _longest_at_start(rest, known)
        if entry is None:
            return None
        found.append(entry)
        rest = rest[len(entry) :].lstrip()
    return found


def _longest_at_start(text: str, known: frozenset[str]) -> str | None:
    for end in range(len(text), 0, -1):
        at_boundary = end == len(text) or text[end] == " " or UNSPACED.match(text[end]) is not None
        if at_boundary and text[:end] in known:
            return text[:end]
    return None
