"""The widget's modules: their own tests in node, and their types."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WIDGET = ROOT / "widget"
NODE = shutil.which("node")
TSC = WIDGET / "node_modules" / ".bin" / "tsc"


def run(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=WIDGET, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("tests", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda path: path.name)
def test_pure_modules(tests: Path) -> None:
    assert NODE is not None
    run(NODE, "--test", tests)


@pytest.mark.skipif(not TSC.exists(), reason="the type checker is not installed: npm ci --prefix widget")
@pytest.mark.parametrize("project", [".", "static/sdk/worklets"])
def test_types(project: str) -> None:
    run(TSC, "-p", project)


def test_every_module_is_small() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in WIDGET.glob("static/**/*.js")}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}
