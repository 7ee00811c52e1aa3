"""Words as they are compared: without case, punctuation and stretching."""

import re
import unicodedata

_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A character of a script without blanks: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def normalise(text: str) -> str:
    """Casefolded words with single blanks: no punctuation, no hyphens, no stretched letters."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("-", "").replace("’", "'")
    kept = "".join(character if _is_of_a_word(character) else " " for character in folded)
    return " ".join(_STRETCH.sub(r"\1\1", kept).split())


def _is_of_a_word(character: str) -> bool:
    """Letters, digits, marks (the vowels of Hindi and Thai among them) and the apostrophe."""
    return character.isalnum() or character in "'_" or unicodedata.category(character).startswith("M")


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
