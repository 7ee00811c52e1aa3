"""Every conversation of the reference list has its screenplay, or a reason why it has none.

tests/vectors/conversations/NAMES lists them, `number name` or `number name: why there is no file`; a conversation
that was written because of a bug is added at the end.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "vectors/conversations"
NAMED = 143
"""Conversations of the reference list; larger numbers are ours."""

LINES = [re.fullmatch(r"(\d+) ([a-z0-9-]+)(?:: (.+))?", line) for line in (FOLDER / "NAMES").read_text().splitlines()]


def test_the_list_is_complete_and_in_order() -> None:
    assert all(LINES), "a line is `number name` or `number name: reason`"
    numbers = [int(line[1]) for line in LINES if line]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= NAMED


def test_every_name_has_a_screenplay_or_a_reason() -> None:
    written = {path.stem for path in FOLDER.glob("*.txt")}
    listed = {f"{line[1]}-{line[2]}": line[3] for line in LINES if line}
    assert sorted(written - listed.keys()) == [], "name them in NAMES"
    both = sorted(stem for stem in written if listed.get(stem))
    assert both == [], "they have a file now: delete the reason in NAMES"
    neither = sorted(stem for stem, reason in listed.items() if stem not in written and not reason)
    assert neither == [], "they have neither a file nor a reason"


def test_every_screenplay_says_first_what_it_shows() -> None:
    assert [path.stem for path in FOLDER.glob("*.txt") if not path.read_text().startswith("# ")] == []
