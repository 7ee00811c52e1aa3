"""What visitors are sent in a release: the same names as in development, and few bytes."""

import gzip
import re
import shutil
from pathlib import Path

import pytest

from infra.artifact import build_release

STATIC = Path(__file__).parents[3] / "widget" / "static"
MAX_LOADER_BYTES = 3_000
MAX_WIDGET_BYTES = 20_000
"""Of all code that one call on another site's page loads; a peer's bundle has 184,000."""
MAX_LANGUAGE_BYTES = 1_800
CALL = ("embed.js", "element/widget.js", "sdk/worklets/audio.js")
"""What is loaded, in this order: the first at once, the second on the first use, the worklet when a call begins."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    into = tmp_path_factory.mktemp("release")
    build_release(into)
    return into


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_the_loader_is_small(release: Path) -> None:
    assert compressed(release / "embed.js") <= MAX_LOADER_BYTES


def test_the_whole_widget_is_small(release: Path) -> None:
    sizes = {name: compressed(release / name) for name in CALL}
    assert sum(sizes.values()) <= MAX_WIDGET_BYTES, sizes


def test_each_language_is_a_file_of_its_own(release: Path) -> None:
    sizes = {path.name: compressed(path) for path in release.glob("strings/*.js")}
    assert set(sizes) == {path.name for path in (STATIC / "strings").glob("*.js")}
    assert max(sizes.values()) <= MAX_LANGUAGE_BYTES, sizes


def test_nothing_is_asked_for_that_is_not_there(release: Path) -> None:
    """Everything is bundled, and what is loaded by its address stands where development has it."""
    for path in release.rglob("*.js"):
        source = path.read_text()
        asked = re.findall(r"""(?:from|import)\s*["'](?!data:)([^"']+)""", source)
        assert set(asked) <= ({"../call-widget.js"} if path.parent.name == "playground" else set()), path
        for name in re.findall(r"""["'`](?:\.\./)?((?:sdk/worklets|element|strings)/[\w./${}]*\.js)["'`]""", source):
            assert "${" in name or (release / name).exists(), name
    assert {"page.js", "page.css", "icon.svg", "call-widget.js"} <= {path.name for path in release.iterdir()}


def test_the_consoles_pages_find_what_they_ask_for(release: Path) -> None:
    templates = (STATIC.parent / "templates" / "playground").glob("*.j2")
    asked = {name for path in templates for name in re.findall(r"/widget/([\w./-]+)", path.read_text())}
    assert len(asked) >= 5
    assert {name for name in asked if not (release / name).exists()} == set()
    css = (release / "playground" / "console.css").read_text()
    assert "light-dark(" in css
    assert "{{" not in css
