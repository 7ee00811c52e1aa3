"""Telling the agent's own words from the user's, where the sound alone could not (conversation.md 4.5, C). Pure."""

from collections.abc import Sequence
from itertools import pairwise

from media_worker.conversation.words.cue_words import cues_of
from media_worker.conversation.words.dictation import is_dictated
from media_worker.conversation.words.normal_form import normalise, words_from

MIN_SHARE = 0.7
"""Of the words that come back in the agent's order; a recogniser garbles the rest."""
MIN_WORDS = 2
"""One word of ours is a question: "Tuesday?"."""
MAX_STEP = 2
"""Between two of the agent's words at most one was misheard: two others in a row are somebody's."""
MAX_GARBLED = 0.34
"""Share of its letters that may differ in a garbled word."""


def without_echo(heard: str, said: str, language: str) -> str:
    """What is left of the words that were heard when those at their beginning are taken away that the agent `said`.

    Digits and letters are never taken away: callers repeat them to confirm.
    """
    words = normalise(heard).split()
    length = _echo_length(words, normalise(said).split(), language)
    return words_from(heard, length) if length else heard


def _echo_length(words: Sequence[str], said: Sequence[str], language: str) -> int:
    """How many words at the beginning are the agent's."""
    cues = cues_of(language)
    alike = _alike_words(words[: int(len(said) / MIN_SHARE)], said)
    for length in range(len(alike), MIN_WORDS - 1, -1):
        if not any(alike[length - 1]):
            continue
        matched = _common(alike[:length])
        is_one_piece = all(after - before <= MAX_STEP for before, after in pairwise((-1, *matched)))
        if length - 1 in matched and is_one_piece and len(matched) >= max(MIN_WORDS, MIN_SHARE * length):
            dictated = sum(is_dictated(words[at], cues) for at in matched)
            return 0 if dictated * 2 >= len(matched) else length
    return 0


def _alike_words(words: Sequence[str], said: Sequence[str]) -> list[list[bool]]:
    """For each word, which of the agent's it may be; as far as the agent's can go on at all."""
    alike: list[list[bool]] = []
    strange = 0
    for word in words:
        alike.append([_alike(word, other) for other in said])
        strange = 0 if any(alike[-1]) else strange + 1
        if strange == MAX_STEP:
            return alike[:-MAX_STEP]
    return alike


def _common(alike: Sequence[Sequence[bool]]) -> list[int]:
    """Positions of the words that belong to the longest subsequence common with what was said."""
    count, said = len(alike), len(alike[0])
    lengths = [[0] * (said + 1) for _ in range(count + 1)]
    for at in range(count - 1, -1, -1):
        row, below = lengths[at], lengths[at + 1]
        for other in range(said - 1, -1, -1):
            matched = below[other + 1] + 1 if alike[at][other] else 0
            row[other] = max(below[other], row[other + 1], matched)
    found, at, other = [], 0, 0
    while at < count and other < said:
        if alike[at][other] and lengths[at][other] == lengths[at + 1][other + 1] + 1:
            found.append(at)
            at, other = at + 1, other + 1
        elif lengths[at + 1][other] >= lengths[at][other + 1]:
            at += 1
        else:
            other += 1
    return found


def _alike(heard: str, said: str) -> bool:
    longer = max(len(heard), len(said))
    most = int(MAX_GARBLED * longer)
    if heard == said or abs(len(heard) - len(said)) > most:
        return heard == said
    # Each letter that is changed adds at most two to those that only one of the words has.
    return len(set(heard) ^ set(said)) <= 2 * most and _distance(heard, said) <= most


def _distance(one: str, other: str) -> int:
    """How many letters must be changed, added or left out."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row[0] = row[0], at
        for column, wanted in enumerate(other, 1):
            changed = before + (letter != wanted)
            before = row[column]
            row[column] = min(changed, row[column] + 1, row[column - 1] + 1)
    return row[-1]
