"""The artifact of the Lambda functions: `python -m infra.artifact functions INTO`.

`sam build` makes it by this program (functions/Makefile), and so do the tests. It holds the packages of `functions/`,
the wheels of functions/requirements.txt for the machine that Lambda has, and the byte code of both: Lambda's file
system is read-only, so without byte code every cold start compiles every module.
"""

import argparse
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FUNCTIONS = ROOT / "functions"
WIDGET = ROOT / "widget"

MAX_BYTES = 120 * 1024 * 1024
"""Unzipped; Lambda takes 250 MB."""
WORKER_ONLY = ("numpy", "av", "aiortc", "onnxruntime", "pocketsphinx", "silero_vad", "media_worker")
"""Too heavy for a function."""
_TASK_ROOT = "/var/task"
"""Where Lambda unpacks the artifact: what stands in tracebacks."""
_NOT_SHIPPED = ("__pycache__", "*.md", "openapi.json", "Makefile", "requirements.txt")
_UNUSED = ("bin", "pydantic/v1")
"""Of the wheels: FastAPI loads the second to ask whether a model is of that kind, which takes a tenth of its start."""
_MACHINES = {"x86_64": 62, "arm64": 183}
"""`e_machine` of an ELF file: EM_X86_64 and EM_AARCH64 (ELF gABI 4.1, chapter 4)."""
_WHEEL_NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_34", "2_28", "2_17")
"""Amazon Linux 2023, which the runtimes stand on, has glibc 2.34."""


@dataclass(frozen=True)
class Target:
    """A runtime of Lambda."""

    runtime: str
    """As template.yaml has it: python3.13."""
    architecture: str
    """x86_64 or arm64."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.architecture not in _MACHINES or not self.runtime.startswith("python3."):
            raise ValueError(f"there is no {self.runtime} on {self.architecture}")

    @property
    def version(self) -> str:
        """Of Python: 3.13."""
        return self.runtime.removeprefix("python")

    @property
    def platforms(self) -> Sequence[str]:
        """The wheels that run there, as pip calls them."""
        return [f"manylinux_{glibc}_{_WHEEL_NAMES[self.architecture]}" for glibc in _GLIBC]


def host() -> Target:
    """The interpreter that runs this, on its machine."""
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return Target(f"python{sys.version_info.major}.{sys.version_info.minor}", architecture)


def build_functions(into: Path, target: Target) -> bool:
    """Fill the empty folder `into`; False when there is no interpreter to make byte code with.

    Raises CalledProcessError when pip or the compiler fails; what they said stands on standard error.
    """
    _install_wheels(into, target)
    for package in sorted(path.parent for path in FUNCTIONS.glob("*/__init__.py")):
        shutil.copytree(package, into / package.name, ignore=shutil.ignore_patterns(*_NOT_SHIPPED))
    interpreter = _interpreter(target)
    if interpreter is not None:
        # Lambda changes the times of files, so that nothing may be checked against them.
        how = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(into), "-p", _TASK_ROOT)
        subprocess.run([interpreter, "-m", "compileall", *how, str(into)], check=True)
    return interpreter is not None


def build_assets(into: Path) -> None:
    """Fill the asset layer, which Lambda unpacks into /opt: templates, and static files in their release form.

    Raises FileNotFoundError without node, CalledProcessError when the build fails, as it does without its packages.
    """
    shutil.copytree(WIDGET / "templates", into / "widget" / "templates")
    build_release(into / "widget" / "static")


def build_release(into: Path) -> None:
    """Fill `into` with widget/static, bundled and minified. Raises as `build_assets` does."""
    subprocess.run(["node", str(WIDGET / "release" / "build.mjs"), str(into)], check=True)


def problems(artifact: Path, target: Target) -> Iterator[str]:
    """What is wrong with a finished artifact."""
    size = sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())
    if size > MAX_BYTES:
        yield f"{size} bytes are more than {MAX_BYTES}"
    yield from (f"{name} belongs to the worker" for name in WORKER_ONLY if (artifact / name).exists())
    tag = f".cpython-{target.version.replace('.', '')}-"
    for library in sorted(artifact.rglob("*.so")):
        name = library.relative_to(artifact)
        with library.open("rb") as file:
            machine = int.from_bytes(file.read(20)[18:20], "little")
        if machine != _MACHINES[target.architecture]:
            yield f"{name} is for another machine than {target.architecture}"
        if ".cpython-" in library.name and tag not in library.name:
            yield f"{name} is for another Python than {target.version}"


def _install_wheels(into: Path, target: Target) -> None:
    where = [option for name in target.platforms for option in ("--platform", name)]
    which = ["--python-version", target.version, "--implementation", "cp", "--only-binary=:all:"]
    quietly = ["-qq", "--disable-pip-version-check", "--no-compile", "--root-user-action=ignore"]
    lock = ["--require-hashes", "--no-deps", "-r", str(FUNCTIONS / "requirements.txt")]
    pip = [sys.executable, "-m", "pip", "install"]
    subprocess.run([*pip, *quietly, *where, *which, *lock, "--target", str(into)], check=True)
    for name in _UNUSED:
        shutil.rmtree(into / name, ignore_errors=True)


def _interpreter(target: Target) -> str | None:
    """One of exactly the version of the target: the byte code of another is not read."""
    if target.version == host().version:
        return sys.executable
    found = shutil.which(target.runtime)
    if found is None:
        return None
    # The shim of a version manager is found, and starts nothing.
    says = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return found if subprocess.run(says, capture_output=True, text=True).stdout.strip() == target.version else None


def main(arguments: Sequence[str]) -> int:
    """Build what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m infra.artifact", description="Build what Lambda is given.")
    parser.add_argument("what", choices=("functions", "assets"))
    parser.add_argument("into", type=Path, help="an empty folder")
    parser.add_argument("--runtime", default=host().runtime)
    parser.add_argument("--architecture", default=host().architecture)
    given = parser.parse_args(arguments)
    if given.what == "assets":
        build_assets(given.into)
        return 0
    target = Target(given.runtime, given.architecture)
    if not build_functions(given.into, target):
        print(
            f"No {target.runtime} was found: without byte code, cold starts take about twice as long", file=sys.stderr
        )
    found = list(problems(given.into, target))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
