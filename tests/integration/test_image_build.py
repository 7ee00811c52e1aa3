"""The worker's image, built by buildah on a base of Debian's: how large it is, what it says of its parts, and a call.

Instead of the base that the Dockerfile names, which no registry gives here, it stands on what debootstrap makes,
without what the slim images of Python leave out as well. pip is told what it is told outside.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.template.translated import ROOT
from tests.peers.ecs_agent import EcsAgent, ecs_agent
from tests.peers.image_worker import (
    free_port,
    hold_a_call,
    install_agent,
    until_it_listens,
    until_unprotected,
)

MOST_MB = 600
USER = 10001
NEEDED = ("buildah", "debootstrap")
BASE = """FROM scratch
ADD base.tar /
RUN ln -s python3 /usr/bin/python
"""
NOT_IN_SLIM = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man")
KEEPS_NOTHING = """DPkg::Post-Invoke {"rm -f /var/cache/apt/archives/*.deb";};
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""
"""As the images of Debian say it to apt."""
pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, NEEDED)),
        reason=f"not run: it needs root, {' and '.join(NEEDED)}",
    ),
]


class Buildah:
    """With a store of its own."""

    def __init__(self, directory: Path) -> None:
        self.command = ["buildah", "--root", str(directory / "root"), "--runroot", str(directory / "runroot")]
        self.command += ["--storage-driver", "vfs"]

    def __call__(self, *arguments: str, cwd: Path = ROOT) -> str:
        done = subprocess.run([*self.command, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """With the image in it, as `worker`."""
    directory = tmp_path_factory.mktemp("image")
    buildah = Buildah(directory)
    base = directory / "base"
    subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=python3,python3-pip,ca-certificates", "bookworm", str(base)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for folder in NOT_IN_SLIM:
        shutil.rmtree(base / folder)
        (base / folder).mkdir()
    (base / "etc/apt/apt.conf.d/keeps-nothing").write_text(KEEPS_NOTHING)
    subprocess.run(["tar", "-C", str(base), "--numeric-owner", "-cf", str(directory / "base.tar"), "."], check=True)
    (directory / "Base").write_text(BASE)
    isolated = ("--isolation", "chroot", "--network", "host")
    buildah("build", *isolated, "-f", "Base", "-t", "base", ".", cwd=directory)
    told = ("--format", "docker", "--build-arg", "BASE=localhost/base", *_as_pip_is_told(directory))
    buildah("build", *isolated, *told, "--target", "worker", "-f", "media_worker/Dockerfile", "-t", "worker", ".")
    yield buildah
    shutil.rmtree(directory, ignore_errors=True)


def _as_pip_is_told(directory: Path) -> Sequence[str]:
    """Mounts that let pip in the build find what pip finds here."""
    listed = subprocess.run(["pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    said = dict(line.split("=", 1) for line in listed.splitlines())
    options = {name.rpartition(".")[2]: value.strip("'") for name, value in said.items() if name.startswith("global.")}
    words = [word for value in options.values() for word in value.split()]
    # An index of files names what lies beside it.
    paths = [Path(word.removeprefix("file://")).parent for word in words if word.startswith("file://")]
    paths += [Path(word) for word in words if word.startswith("/")]
    folders = [path for path in paths if path.exists()]
    config = directory / "pip.conf"
    lines = [f"{name} = {value}" for name, value in options.items()] + ["break-system-packages = true"]
    config.write_text("\n".join(["[global]", *lines, ""]))
    return [word for path in folders for word in ("-v", f"{path}:{path}:ro")] + ["-v", f"{config}:/etc/pip.conf:ro"]


def _size_mb(path: Path) -> float:
    said = subprocess.run(["du", "-s", "--block-size=1000000", str(path)], check=True, capture_output=True, text=True)
    return float(said.stdout.split()[0])


@contextmanager
def container(buildah: Buildah) -> Iterator[tuple[str, Path]]:
    """Its name, and where its root is."""
    name = buildah("from", "localhost/worker")
    try:
        yield name, Path(buildah("mount", name))
    finally:
        buildah("rm", name)


def test_it_is_small_and_says_what_it_is_made_of(buildah: Buildah, tmp_path: Path) -> None:
    with container(buildah) as (_, root):
        size_mb = _size_mb(root)
        parts = json.loads((root / "app/sbom.cdx.json").read_text())
        assert not list((root / "opt/packages").glob("**/tests/test_*.py"))
    buildah("push", "localhost/worker", f"oci-archive:{tmp_path}/worker.tar")
    compressed_mb = (tmp_path / "worker.tar").stat().st_size / 1e6
    print(
        f"\n{size_mb:.0f} MB unpacked, {compressed_mb:.0f} MB compressed, {len(parts['components'])} parts"
    )  # with -s
    assert size_mb <= MOST_MB
    names = {part["name"] for part in parts["components"]}
    assert {"python", "libflite1", "aiortc", "av", "onnxruntime", "boto3"} <= names
    assert not {"pytest", "mypy", "moto"} & names


def test_it_holds_a_call_as_its_own_user_and_writes_nothing_to_its_root(buildah: Buildah, tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    install_agent(data / "parley.db")
    for path in (data, *data.iterdir()):
        os.chown(path, USER, USER)
    with container(buildah) as (name, root), ecs_agent() as agent:
        began = time.time()
        worker = _start(buildah, name, data, port, agent)
        try:
            asyncio.run(until_it_listens(worker, port))
            assert asyncio.run(hold_a_call(port, agent)) >= 1.0
            asyncio.run(until_unprotected(agent))
        finally:
            worker.terminate()
            worker.communicate(timeout=60)
        assert _written_since(root, began) == []


def _start(buildah: Buildah, name: str, data: Path, port: int, agent: EcsAgent) -> subprocess.Popen[bytes]:
    environment = {
        "PARLEY_DATABASE": "/data/parley.db",
        "PARLEY_BLOBS": "/data/blobs",
        "PARLEY_MEDIA_PORT": str(port),
        "PARLEY_RECOGNISER_PROCESSES": "1",
        "ECS_AGENT_URI": agent.uri,
        "ECS_CONTAINER_METADATA_URI_V4": agent.uri,
    }
    told = [word for item in environment.items() for word in ("--env", "=".join(item))]
    options = ["--isolation", "chroot", "--network", "host", "-v", f"{data}:/data:rw"]
    command = [*buildah.command, "run", *options, *told, name, "--", "python", "-m", "media_worker"]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def _written_since(root: Path, moment: float) -> list[str]:
    """Files of the image's own file system, but those that buildah puts there for the network."""
    theirs = {"etc/hosts", "etc/resolv.conf", "etc/hostname", "run/.containerenv"}
    changed = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    found = {str(path.relative_to(root)) for path in changed if path.stat().st_mtime > moment}
    return sorted(found - theirs)
