"""How words are pronounced, for the recogniser: its own dictionary first, then the rules of the voice."""

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path

_OWN = {"mm-hm": ("M HH M", "AH M HH AH M"), "uh-huh": ("AH HH AH", "AH HH AA")}
_NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
_ONES, _TENS = _NAMES.split()[:20], _NAMES.split()[20:]
_LONGEST_NUMBER = 6
"""Longer ones are read digit by digit."""


def number_words(digits: str) -> list[str]:
    """A string of decimal digits as English words: 42 → forty two, 07 → zero seven."""
    if len(digits) > _LONGEST_NUMBER or (digits.startswith("0") and len(digits) > 1):
        return [_ONES[int(digit)] for digit in digits]
    return _cardinal(int(digits))


def _cardinal(number: int) -> list[str]:
    if number < len(_ONES):
        return [_ONES[number]]
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            head, rest = divmod(number, size)
            return [*_cardinal(head), name, *(_cardinal(rest) if rest else [])]
    tens, ones = divmod(number, 10)
    return [_TENS[tens - 2], *([_ONES[ones]] if ones else [])]


class Pronunciations:
    """Looks words up in a dictionary file of the CMU form: sorted lines "word PH ON ES", alternatives as "word(2) …".

    The file is searched as it is, because a table of its 135,000 words would cost every process 25 MB.
    """

    def __init__(self, dictionary: Path, by_rule: Callable[[str], Sequence[str]]) -> None:
        """`by_rule` gives the phones of a word that the dictionary does not have; empty = it cannot."""
        self._text = dictionary.read_bytes()
        self._by_rule = by_rule

    def of(self, word: str) -> Sequence[str]:
        """Every pronunciation of a casefolded word, as phones with blanks between; empty when nobody knows."""
        if word in _OWN:
            return _OWN[word]
        if word.isdecimal():
            return [" ".join(self._first(part) for part in number_words(word))]
        plain = _ascii(word)
        if found := self._listed(plain):
            return found
        parts = plain.split("-")
        if len(parts) > 1:
            spoken = [self.of(part) for part in parts if part]
            return [" ".join(part[0] for part in spoken)] if spoken and all(spoken) else ()
        phones = self._by_rule(plain)
        return [" ".join(phones)] if phones else ()

    def _first(self, word: str) -> str:
        return self._listed(word)[0]

    def _listed(self, word: str) -> list[str]:
        wanted = word.encode("ascii")
        at = bisect_left(range(len(self._text)), wanted, key=lambda offset: self._entry(offset)[0])
        found: list[str] = []
        while wanted and at < len(self._text):
            name, phones, at = self._entry(at)
            if name != wanted:
                break
            found.append(phones)
        return found

    def _entry(self, offset: int) -> tuple[bytes, str, int]:
        """The line around an offset: its word (of an alternative too), its phones, where the next line begins."""
        begin = self._text.rfind(b"\n", 0, offset) + 1
        end = self._text.find(b"\n", offset)
        end = len(self._text) if end < 0 else end
        name, _, phones = self._text[begin:end].partition(b" ")
        return name.partition(b"(")[0], phones.decode("ascii").strip(), end + 1


def _ascii(word: str) -> str:
    """Without accents and curled apostrophes; letters of other scripts disappear."""
    folded = unicodedata.normalize("NFKD", word.replace("’", "'"))
    return folded.encode("ascii", "ignore").decode("ascii")
