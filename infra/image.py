"""The workers' image: `python -m infra.image build` makes it, `push` sends it to the account's registry.

With docker, or where there is none with buildah. `push` makes the repository if it is not there, and prints the image
by its digest, which is what `make deploy IMAGE=…` takes.
"""

import argparse
import base64
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCKERFILE = "media_worker/Dockerfile"
ENGINES = ("docker", "buildah")
REPOSITORY = "parley-worker"
PARTS = ".artifacts"
"""Where the target `sbom` is put: the list of what the image is made of."""
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""As the kernel calls them."""
BINFMT = Path("/proc/sys/fs/binfmt_misc")
"""What the kernel can run besides."""
PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


def engine() -> str:
    """What builds images here. Raises LookupError when nothing does."""
    found = next((name for name in ENGINES if shutil.which(name)), None)
    if found is None:
        raise LookupError("docker or buildah is needed: sudo apt-get install buildah")
    return found


def build(architecture: str, target: str) -> str:
    """Build a target of the Dockerfile; its local name. Raises CalledProcessError and LookupError."""
    name = f"{REPOSITORY if target == 'worker' else 'parley'}:{architecture}"
    result = ["--output", f"type=local,dest={PARTS}"] if target == "sbom" else ["-t", name]
    where = ["--platform", PLATFORMS[architecture], "--target", target, "-f", DOCKERFILE, *result, "."]
    builder = engine()
    # In its own format buildah would leave the health check out.
    form = ["--format", "docker"] if builder == "buildah" else []
    _check_can_run(architecture)
    # What is printed on standard output is the image alone.
    subprocess.run([builder, "build", *form, *where], cwd=ROOT, check=True, stdout=sys.stderr)
    return name


def _check_can_run(architecture: str) -> None:
    """Raises LookupError when this machine cannot run what the build runs: its own programs only, without qemu."""
    machine = _MACHINES[architecture]
    if sys.platform == "linux" and platform.machine() != machine and not (BINFMT / f"qemu-{machine}").exists():
        own = next((name for name, its in _MACHINES.items() if its == platform.machine()), platform.machine())
        raise LookupError(
            f"to build for {architecture} on {platform.machine()}: sudo apt-get install qemu-user-static, "
            f"or ARCHITECTURE={own} in every make"
        )


def push(name: str, tag: str, registry: Any) -> str:
    """Send the image there; it by its digest. `registry` is boto3's client for ECR.

    Raises CalledProcessError, LookupError and botocore's ClientError.
    """
    repository = _repository(registry)
    host = repository.partition("/")[0]
    token = registry.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    builder, remote = engine(), f"{repository}:{tag}"
    login = [builder, "login", "--username", user, "--password-stdin", host]
    # The password stands in no argument, which every process of the machine could read.
    subprocess.run(login, input=password.encode(), stdout=subprocess.DEVNULL, check=True)
    subprocess.run([builder, "tag", name, remote], check=True)
    subprocess.run([builder, "push", remote], stdout=sys.stderr, check=True)
    (image,) = registry.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": tag}])["imageDetails"]
    return f"{repository}@{image['imageDigest']}"


def _repository(registry: Any) -> str:
    """Its address, made if need be. What was pushed under a name stays what it is."""
    try:
        made = registry.create_repository(
            repositoryName=REPOSITORY,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )
        return str(made["repository"]["repositoryUri"])
    except registry.exceptions.RepositoryAlreadyExistsException:
        found = registry.describe_repositories(repositoryNames=[REPOSITORY])
        return str(found["repositories"][0]["repositoryUri"])


def _commit() -> str:
    said = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    return said.stdout.decode().strip()


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m infra.image", description="The workers' image.")
    parser.add_argument("what", choices=("build", "push"))
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="arm64")
    parser.add_argument("--target", choices=("worker", "local", "sbom"), default="worker")
    parser.add_argument("--tag", help="in the registry; by default the commit's")
    given = parser.parse_args(arguments)
    try:
        name = build(given.architecture, given.target)
        if given.what == "push":
            # Only whoever works on AWS has boto3.
            import boto3

            print(push(name, given.tag or f"{_commit()}-{given.architecture}", boto3.client("ecr")))
    except (LookupError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
