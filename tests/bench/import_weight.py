"""What a worker costs to start: `python -m tests.bench.import_weight` prints time, modules and memory of its imports.

Every row is a fresh process that imports what stands in it and makes the adapters that it names; the figures are the
least of nine, because others disturb, less what an empty interpreter takes.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNS = 9
KITS: Mapping[str, str] = {
    "openai": "openai",
    "deepgram.client": "deepgram-sdk",
    "elevenlabs.client": "elevenlabs",
    "boto3": "boto3",
}
"""Modules of vendors' own kits, and what they are called on the index."""

_MEASURE = """
import sys, time, json, resource
modules, adapters, environment = json.loads(sys.argv[1])
began = time.process_time()
import importlib
for module in modules:
    importlib.import_module(module)
if adapters:
    from media_worker.providers.registry import Kind, Registry, Resources
    from media_worker.providers.vendors import Vendors
    registry = Registry(Resources(None, None, None, None, Vendors(environment)))
    for kind, name in adapters:
        registry.get(Kind(kind), name)
took_s = time.process_time() - began
kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([took_s * 1000, len(sys.modules), kib / 1024, sorted(sys.modules)]))
"""

WORKER = ("media_worker.composition",)
VENDORS = (("stt", "deepgram"), ("llm", "openai"), ("tts", "elevenlabs"))
KEYS = {"DEEPGRAM_API_KEY": "k", "OPENAI_API_KEY": "k", "ELEVENLABS_API_KEY": "k"}
OF_AWS = (("llm", "bedrock"),)
ACCOUNT = {"AWS_PROFILE": "p", "AWS_REGION": "eu-west-1"}


@dataclass(frozen=True)
class Weight:
    """What a process took."""

    ms: float
    modules: int
    mb: float


def loaded(
    modules: Sequence[str], adapters: Sequence[tuple[str, str]] = (), environment: Mapping[str, str] | None = None
) -> tuple[Weight, frozenset[str]]:
    """The weight of a fresh process, and the names of all modules that it has."""
    told = json.dumps([modules, adapters, dict(environment or {})])
    here = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "functions"), str(ROOT)))}
    printed = subprocess.run(
        [sys.executable, "-c", _MEASURE, told], env=here, capture_output=True, text=True, check=True, timeout=60
    )
    ms, count, mb, names = json.loads(printed.stdout)
    return Weight(ms, count, mb), frozenset(names)


def _row(label: str, *what: object) -> str:
    empty = [loaded(())[0] for _ in range(RUNS)]
    runs = [loaded(*what)[0] for _ in range(RUNS)]  # type: ignore[arg-type]  # as `loaded` takes it
    ms, modules, mb = (
        min(getattr(run, name) for run in runs) - min(getattr(run, name) for run in empty)
        for name in ("ms", "modules", "mb")
    )
    return f"{label:<52} {ms:6.0f} ms {modules:6.0f} modules {mb:6.0f} MB"


def main() -> None:
    """Print the table."""
    print(f"Python {platform.python_version()}, processor time, the least of {RUNS} runs, less an empty interpreter\n")
    print(_row("a worker without vendors", WORKER))
    print(_row("with Deepgram, OpenAI and ElevenLabs", WORKER, VENDORS, KEYS))
    print(_row("with Bedrock beside them", WORKER, (*VENDORS, *OF_AWS), KEYS | ACCOUNT))
    print("\nfor comparison, the vendors' own kits alone, which no worker imports")
    for module, package in KITS.items():
        try:
            print(_row(f"{package} {version(package)}", (module,)))
        except PackageNotFoundError:
            print(f"{package:<52} not installed here")


if __name__ == "__main__":
    main()
