"""Which passages of texts fit a question best: BM25 (Robertson and Zaragoza 2009) over terms of any language.

Words of one stem are told by their beginnings ("deliver", "delivery", "deliveries"), in no language in particular:
they count, and less than the word itself.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log
from sys import byteorder

from callcore.knowledge.passages import Passage, passages
from callcore.knowledge.terms import is_unspaced, terms

MAX_HITS = 5
WORST_SHARE = 0.3
"""Of the best one's score: what fits worse is not told."""
RELATED_WEIGHT = 0.4
"""Of a word of the same stem."""
FULL_WEIGHT_CHARS = 4
"""Shorter words are mostly grammar, in every language that has spaces between them."""
MAX_QUESTION_TERMS = 32
_K1, _B = 1.2, 0.75
"""The usual ones: how soon a word's repetition counts no more, and how much a passage's length."""
_POSTING_BYTES, _COUNT_BITS = 4, 8
_MAX_COUNT = (1 << _COUNT_BITS) - 1
_LEAST_STEM = 3
_LONGEST_ENDINGS = 5
"""Of two words together ("-ing" and "-ed"); no longer than what they share, and one letter beside the shortest."""
_PLAIN_STEM, _LONGEST_SUFFIX = 5, 6
"""Where one word is the beginning of the other ("cancel", "cancellation")."""


def nothing() -> None:
    """Nobody waits."""


class PassageIndex:
    """One text, ready to be searched. Never changes.

    It is made of few objects that the garbage collector follows: it stops everybody while it does.
    """

    def __init__(self, text: str, heading: str = "", rest: Callable[[], None] = nothing) -> None:
        """`heading` stands above all of it; `rest` is called again and again, for whoever else wants the processor."""
        self.text = text
        self.lengths = array("H")
        """Of each passage, in terms."""
        self._spans = array("I")
        self._headings: list[str] = []
        self._postings: dict[str, bytearray] = {}
        self._alike: dict[str, list[str]] = {}
        """Terms by their beginnings. Kept as they come: to sort them at the end would hold up everybody else."""
        for passage in passages(text, heading):
            counts = Counter(terms(f"{passage.heading}\n{text[passage.start : passage.stop]}"))
            self._add(len(self.lengths), counts)
            self._spans.extend((passage.start, passage.stop))
            self._headings.append(passage.heading)
            self.lengths.append(counts.total())
            rest()
        self.total_length = sum(self.lengths)

    def _add(self, number: int, counts: Counter[str]) -> None:
        for term, count in counts.items():
            postings = self._postings.get(term)
            if postings is None:
                postings = self._postings[term] = bytearray()
                if _is_word(term):
                    self._alike.setdefault(_beginning(term), []).append(term)
            postings += (number << _COUNT_BITS | min(count, _MAX_COUNT)).to_bytes(_POSTING_BYTES, byteorder)

    def postings(self, term: str) -> Iterable[tuple[int, int]]:
        """The numbers of the passages that hold the term, and how often they do."""
        found = memoryview(self._postings.get(term, b"")).cast("I")
        return ((posting >> _COUNT_BITS, posting & _MAX_COUNT) for posting in found)

    def count(self, term: str) -> int:
        """How many passages hold the term."""
        return len(self._postings.get(term, b"")) // _POSTING_BYTES

    def passage(self, number: int) -> Passage:
        """One of them, counted from 0."""
        return Passage(self._spans[2 * number], self._spans[2 * number + 1], self._headings[number])

    def related(self, term: str) -> Iterator[str]:
        """Other terms that look like the same word; of a character without spaces, the pairs that it begins."""
        alike = self._alike.get(_beginning(term), ()) if _is_word(term) else ()
        if is_unspaced(term):
            return (other for other in alike if other != term) if len(term) == 1 else iter(())
        stem = term[: max(_LEAST_STEM, (len(term) + 1) // 2)]
        return (other for other in alike if other != term and other.startswith(stem) and _same_stem(term, other))


@dataclass(frozen=True)
class Hit:
    """A passage that fits."""

    text: int
    """The number of its text."""
    passage: Passage
    score: float


def best_passages(indexes: Sequence[PassageIndex], question: str) -> Sequence[Hit]:
    """What fits the question best, best first; nothing when no word of it is anywhere."""
    wanted = _weights(indexes, question)
    average = sum(index.total_length for index in indexes) / max(1, sum(len(index.lengths) for index in indexes))
    hits = [hit for number, index in enumerate(indexes) for hit in _hits(number, index, wanted, average)]
    best = nlargest(MAX_HITS, hits, key=lambda hit: (hit.score, -hit.text, -hit.passage.start))
    return [hit for hit in best if hit.score >= best[0].score * WORST_SHARE]


def _weights(indexes: Sequence[PassageIndex], question: str) -> Mapping[str, float]:
    """What each term adds to a passage that holds it; words that stand nearly everywhere count only by themselves."""
    count = sum(len(index.lengths) for index in indexes)
    shares: dict[str, float] = {}
    for term in list(dict.fromkeys(terms(question)))[:MAX_QUESTION_TERMS]:
        shares[term] = _share(term)
        for other in {other for index in indexes for other in index.related(term)}:
            shares.setdefault(other, RELATED_WEIGHT)
    places = {term: sum(index.count(term) for index in indexes) for term in shares}
    rare = {term for term, found in places.items() if 0 < found <= count / 2}
    used = rare or {term for term, found in places.items() if found}
    return {term: shares[term] * log(1 + (count - places[term] + 0.5) / (places[term] + 0.5)) for term in used}


def _share(term: str) -> float:
    """Of a word of the question itself."""
    if is_unspaced(term) or not term.isalpha():
        return 1.0
    return (min(len(term), FULL_WEIGHT_CHARS) / FULL_WEIGHT_CHARS) ** 2


def _hits(number: int, index: PassageIndex, wanted: Mapping[str, float], average: float) -> Iterator[Hit]:
    scores: defaultdict[int, float] = defaultdict(float)
    lengths, share = index.lengths, _K1 * _B / max(1.0, average)
    for term, weight in wanted.items():
        for passage, count in index.postings(term):
            scores[passage] += weight * count * (_K1 + 1) / (count + _K1 * (1 - _B) + share * lengths[passage])
    best = nlargest(MAX_HITS, scores.items(), key=lambda item: (item[1], -item[0]))
    return (Hit(number, index.passage(passage), score) for passage, score in best)


def _beginning(term: str) -> str:
    """What a term has in common with all that may be alike."""
    return term[:1] if is_unspaced(term) else term[:_LEAST_STEM]


def _is_word(term: str) -> bool:
    """Numbers and codes that begin alike are not alike, and there may be a hundred thousand of them."""
    return not term.isascii() or term.isalpha()


def _same_stem(one: str, other: str) -> bool:
    """Whether they differ in endings alone, which are short beside what they share."""
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    endings = len(one) + len(other) - 2 * shared
    is_suffixed = shared == min(len(one), len(other)) >= _PLAIN_STEM
    if is_suffixed or shared <= _LEAST_STEM:
        return endings <= (_LONGEST_SUFFIX if is_suffixed else 1)
    return endings <= min(shared, _LONGEST_ENDINGS)
