"""The image is built and sent by whichever engine is there, and told by its digest."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from infra import image
from infra.image import REPOSITORY, build, engine, main, push

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = f"sha256:{'5' * 64}"
ENGINE = """#!/bin/sh
printf '%s\\n' "$(basename "$0") $*" >>"$ENGINE_LOG"
case $1 in login) cat >>"$ENGINE_LOG.password" ;; esac
"""


class Registry:
    """Of boto3's client what is used."""

    class exceptions:
        class RepositoryAlreadyExistsException(Exception):
            """It is there."""

    def __init__(self, there: bool) -> None:
        self.there = there
        self.made: list[dict[str, Any]] = []

    def create_repository(self, **asked: Any) -> dict[str, Any]:
        if self.there:
            raise self.exceptions.RepositoryAlreadyExistsException
        self.made.append(asked)
        return {"repository": {"repositoryUri": f"{HOST}/{REPOSITORY}"}}

    def describe_repositories(self, repositoryNames: list[str]) -> dict[str, Any]:
        return {"repositories": [{"repositoryUri": f"{HOST}/{name}"} for name in repositoryNames]}

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:secret:word").decode()}]}

    def describe_images(self, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        assert repositoryName == REPOSITORY
        return {"imageDetails": [{"imageDigest": DIGEST, "imageTags": [one["imageTag"] for one in imageIds]}]}


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds every program there is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "basename", "cat"):
        (folder / tool).symlink_to(next(Path(one, tool) for one in os.get_exec_path() if Path(one, tool).exists()))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("ENGINE_LOG", str(tmp_path / "log"))
    (folder / "qemu-aarch64").touch()
    monkeypatch.setattr(image, "BINFMT", folder)
    return folder


def install(folder: Path, name: str) -> None:
    (folder / name).write_text(ENGINE)
    (folder / name).chmod(0o755)


def log(folder: Path) -> list[str]:
    return (folder.parent / "log").read_text().splitlines()


def test_without_an_engine_it_says_what_is_needed(engines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 1
    assert "buildah" in capsys.readouterr().err


def test_docker_is_preferred(engines: Path) -> None:
    install(engines, "buildah")
    assert engine() == "buildah"
    install(engines, "docker")
    assert engine() == "docker"


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_it_builds_for_the_architecture(engines: Path, architecture: str, platform: str) -> None:
    install(engines, "buildah")
    name = build(architecture, "worker")
    (line,) = log(engines)
    assert (
        f"buildah build --format docker --platform {platform} --target worker -f media_worker/Dockerfile -t {name} ."
        in line
    )


def test_the_list_of_parts_is_written_beside(engines: Path) -> None:
    install(engines, "docker")
    build("arm64", "sbom")
    (line,) = log(engines)
    assert line.endswith("--target sbom -f media_worker/Dockerfile --output type=local,dest=.artifacts .")


def test_what_this_machine_cannot_run_is_told_with_its_remedy(
    engines: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    install(engines, "buildah")
    (engines / "qemu-aarch64").unlink()
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert main(["build", "--architecture", "arm64"]) == 1
    assert "qemu-user-static, or ARCHITECTURE=x86_64" in capfd.readouterr().err
    (engines / "qemu-aarch64").touch()
    assert main(["build", "--architecture", "arm64"]) == 0


def test_what_the_build_says_is_not_the_image(engines: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (engines / "docker").write_text("#!/bin/sh\necho STEP 1/3\n")
    (engines / "docker").chmod(0o755)
    build("x86_64", "worker")
    assert capfd.readouterr() == ("", "STEP 1/3\n")


@pytest.mark.parametrize("there", [False, True])
def test_it_is_sent_and_told_by_its_digest(engines: Path, there: bool) -> None:
    install(engines, "docker")
    registry = Registry(there)
    assert push("parley-worker:arm64", "abc-arm64", registry) == f"{HOST}/{REPOSITORY}@{DIGEST}"
    assert log(engines) == [
        f"docker login --username AWS --password-stdin {HOST}",
        f"docker tag parley-worker:arm64 {HOST}/{REPOSITORY}:abc-arm64",
        f"docker push {HOST}/{REPOSITORY}:abc-arm64",
    ]
    assert (engines.parent / "log.password").read_text() == "secret:word"
    assert len(registry.made) == (not there)
    assert "secret" not in json.dumps(log(engines))
