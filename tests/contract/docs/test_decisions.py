"""The decisions in infra/adr are numbered once each, in one row, by name and by title."""

import re
from pathlib import Path

DECISIONS = sorted((Path(__file__).parents[3] / "infra" / "adr").glob("*.md"))


def test_each_has_its_number() -> None:
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


def test_a_title_tells_the_number_of_its_file() -> None:
    titles = {path.name: path.read_text().partition("\n")[0] for path in DECISIONS}
    assert {name: title for name, title in titles.items() if not re.match(rf"# {name[:4]}\b", title)} == {}
