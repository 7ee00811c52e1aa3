"""widget/README.md says of the element what its sources say."""

import re
import subprocess
from pathlib import Path

from widget_page.look import decode_look

ROOT = Path(__file__).parents[3]
README = (ROOT / "widget/README.md").read_text()
ELEMENT = ROOT / "widget/static/element"
SOURCES = "".join(path.read_text() for path in sorted(ELEMENT.glob("*.js")))


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(table: str) -> list[str]:
    """The names in the first column."""
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]


def test_every_attribute_in_its_order() -> None:
    table = (ELEMENT / "attributes.js").read_text().split("Object.freeze({")[1].split("\n});")[0]
    assert first_cells(section("Attributes")) == re.findall(r"^  '?([a-z-]+)'?: ", table, re.MULTILINE)


def test_the_words_that_an_attribute_may_be() -> None:
    table = (ELEMENT / "attributes.js").read_text()
    for name, words in re.findall(r"^  (\w+): /\*\* @type \{const\} \*/ \(\[(.*?)\]\)", table, re.MULTILINE):
        (kind,) = re.findall(rf"^\| `{name}` \| (.*?) \|", README, re.MULTILINE)
        assert re.findall(r"`([\w-]+)`", kind) == re.findall(r"'([\w-]+)'", words), name


def test_what_packs_a_look() -> None:
    (command,) = re.findall(r"```sh\n(.*?)```", section("Attributes"), re.DOTALL)
    packed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True).stdout
    decoded = decode_look(packed.strip())
    assert (decoded.look, decoded.warnings) == ({"attributes": {"theme": "dark"}, "size": 120}, ())


def test_every_event() -> None:
    told = re.findall(r"^  \w+: \['([\w-]+)', ", (ELEMENT / "events.js").read_text(), re.MULTILINE)
    besides = re.findall(r"tell\(this\.#host, '([\w-]+)'", SOURCES)
    assert set(first_cells(section("Methods and events"))) == {*told, *besides}


def test_every_custom_property_and_part() -> None:
    style = section("Style")
    assert set(re.findall(r"`(--parley-[\w-]+)`", style)) == set(re.findall(r"var\((--parley-[\w-]+)", SOURCES))
    parts = set(re.findall(r"part: '(\w+)'|tool\('(\w+)'\)|'part', '(\w+)'", SOURCES))
    named = set(re.findall(r"`(\w+)`", style.split("Parts for")[1]))
    assert named == {name for found in parts for name in found if name}


def test_every_language() -> None:
    (named,) = re.findall(r"We have ([a-z ]+) \|", README)
    assert named.split() == sorted(path.stem for path in (ROOT / "widget/static/strings").glob("*.js"))


def test_links_lead_somewhere() -> None:
    for path in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / "widget" / path).exists(), path
