"""What the kernel stands on, and what an entry point drags in."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FUNCTIONS = ROOT / "functions"
PACKAGES = sorted(path.parent.name for path in FUNCTIONS.glob("*/__init__.py"))
WORKER_ONLY = ("numpy", "onnxruntime", "pocketsphinx", "silero_vad", "media_worker")
"""Too heavy for a Lambda function, or not in its artifact."""

LOAD = """
import importlib, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
print(" ".join(name for name in sys.argv[1].split() if name in sys.modules))
"""

TOLD_TO_LAMBDA = {
    **dict.fromkeys(("PARLEY_TABLE", "PARLEY_BUCKET", "PARLEY_INTERNAL_SECRET"), "told to Lambda"),
    **dict.fromkeys(("PARLEY_OUTBOX_TABLE", "PARLEY_OUTBOX_KEY"), "told to Lambda"),
    **dict.fromkeys(("PARLEY_TELEPHONY_KEY", "PARLEY_WORKER_KEY", "PARLEY_CALL_EVENTS_QUEUE"), "told to Lambda"),
    "PARLEY_API_URL": "https://api.example",
}


def modules_of(package: str) -> list[str]:
    paths = sorted((FUNCTIONS / package).rglob("*.py"))
    names = [".".join(path.relative_to(FUNCTIONS).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_function_loads_nothing_of_the_worker(package: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, " ".join(WORKER_ONLY), *modules_of(package)],
        cwd=FUNCTIONS,
        env=os.environ | TOLD_TO_LAMBDA,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert loaded.stdout.split() == []


def test_a_worker_without_a_call_over_webrtc_loads_nothing_for_it() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, "aiortc aioice av pylibsrtp OpenSSL", "media_worker.composition"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{FUNCTIONS}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert loaded.stdout.split() == []


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            yield node.module


@pytest.mark.parametrize("path", sorted((FUNCTIONS / "callcore").rglob("*.py")), ids=lambda path: path.name)
def test_the_kernel_stands_on_the_standard_library_and_pydantic(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported_by(path)}
    assert roots - sys.stdlib_module_names <= {"callcore", "pydantic"}


def test_packages_begin_empty() -> None:
    """Importing a package has no effect: what it holds is imported by name."""
    full = [path for path in FUNCTIONS.rglob("__init__.py") if path.stat().st_size]
    full += [path for path in (ROOT / "media_worker").rglob("__init__.py") if path.stat().st_size]
    assert full == []
