"""When a voice says which part of its text, from what vendors tell: words or characters, rarely quite ours."""

import re
from collections.abc import Iterable, Iterator

from callcore.calls.transcript import TextTime

REACH = 48
"""How many characters further on a word that the vendor tells is looked for; another one was never in the text."""
CHARACTER_REACH = 3
"""The same for a character. A space is looked for in its place only: vendors put some before and behind a text."""


class Alignment:
    """Of one text. What cannot be found in it is passed over; neither place nor time ever goes back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._at_ms = 0.0

    def words(self, words: Iterable[tuple[str, float, float]]) -> Iterator[TextTime]:
        """Words, each with the ms at which it begins and ends, become the times of their first and last characters."""
        for word, start_ms, end_ms in words:
            if not any(character.isalnum() for character in word):
                continue
            pattern = re.compile(re.escape(word.strip()), re.IGNORECASE)
            found = pattern.search(self._text, self._position, self._position + REACH + len(word))
            if found:
                yield self._moved(found.start(), start_ms)
                yield self._moved(found.end(), end_ms)

    def characters(self, characters: Iterable[tuple[str, float, float]]) -> Iterator[TextTime]:
        """Characters, each with the ms at which it begins and ends, become the times of the borders of words."""
        in_word = False
        for character, start_ms, end_ms in characters:
            reach = 1 if character.isspace() else 1 + CHARACTER_REACH
            found = self._text.find(character, self._position, self._position + reach)
            if found < 0:
                continue
            if character.isspace() or not in_word:
                yield self._moved(found, start_ms)
            in_word = not character.isspace()
            self._position, self._at_ms = found + 1, max(self._at_ms, end_ms)
        if in_word:
            yield TextTime(self._position, self._at_ms)

    def _moved(self, position: int, at_ms: float) -> TextTime:
        self._position, self._at_ms = position, max(self._at_ms, at_ms)
        return TextTime(position, self._at_ms)
