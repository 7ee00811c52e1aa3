"""A project that has the SDK's package installed, as npm would give it."""

import subprocess
from pathlib import Path

WIDGET = Path(__file__).parents[3] / "widget"
MODULES = WIDGET / "node_modules"
ESBUILD = MODULES / "esbuild" / "bin" / "esbuild"
_BESIDE = (
    *("react", "react-dom", "scheduler", "vue", "@vue", "@types/react", "csstype"),
    *("@millisai", "eventemitter3", "@alexanderolsen"),
)
"""What the examples, and programs for the reference client, need."""


def run(*command: str | Path) -> str:
    """What the program says; it must succeed."""
    done = subprocess.run(list(map(str, command)), cwd=WIDGET, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_project(folder: Path) -> Path:
    """Fill the empty folder; gives the package's own folder in it."""
    modules = folder / "node_modules"
    for name in _BESIDE:
        (modules / name).parent.mkdir(parents=True, exist_ok=True)
        (modules / name).symlink_to(MODULES / name)
    package = modules / "@parley" / "web-sdk"
    run("node", "release/package.mjs", package)
    return package


def vue_as_typescript(component: Path) -> str:
    """A single-file component as the module that it is."""
    return run("node", Path(__file__).with_name("examples.mjs"), component)
