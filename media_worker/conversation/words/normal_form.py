"""Words as they are compared: without case, punctuation and stretching."""

import re
import unicodedata

_DOTTED_I = re.compile("i\u0307+")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A character of a script without blanks: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def fold(text: str) -> str:
    """Without case, and each character in one form.

    Turkish tells i and ı apart, and has capitals of both. Casefolding takes the capital of ı for that of i, and makes
    two characters of the other: here all four are an i.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ı", "i").replace("’", "'")
    return unicodedata.normalize("NFKC", _DOTTED_I.sub("i", folded))


def normalise(text: str) -> str:
    """Folded words with single blanks: no punctuation, no hyphens, no stretched letters."""
    without_hyphens = fold(text).replace("-", "")
    kept = "".join(character if _is_of_a_word(character) else " " for character in without_hyphens)
    return " ".join(_STRETCH.sub(r"\1\1", kept).split())


def _is_of_a_word(character: str) -> bool:
    """Letters, digits, marks (the vowels of Hindi and Thai among them) and the apostrophe."""
    return character.isalnum() or character in "'_" or unicodedata.category(character).startswith("M")


def words_from(text: str, start: int) -> str:
    """The words of `text` from one on, counted as `normalise` counts them; as they were written, if it counts alike."""
    words, written = normalise(text).split(), text.split()
    return " ".join((written if len(written) == len(words) else words)[start:])


def characters_as_words(text: str) -> int:
    """How many words the characters of scripts without blanks stand for: two make one."""
    return len(UNSPACED.findall(text)) // 2


def listed(line: str) -> frozenset[str]:
    """The entries of a comma-separated line, normalised."""
    return frozenset(normalise(entry) for entry in line.split(",") if entry.strip())


def base_language(language: str) -> str:
    """The language without its region; "en" for none."""
    return language.casefold().replace("_", "-").split("-")[0] or "en"


def ends_with(text: str, entry: str) -> bool:
    """Whether normalised text ends with an entry, at a word's beginning where the script has blanks."""
    if not text.endswith(entry):
        return False
    return len(text) == len(entry) or text[-len(entry) - 1] == " " or UNSPACED.match(entry) is not None
