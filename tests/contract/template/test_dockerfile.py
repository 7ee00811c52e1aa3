"""The image of the worker holds what the worker imports, and runs as nobody in particular."""

import ast
from pathlib import Path

import pytest

from tests.contract.template.dockerfile import stages
from tests.contract.template.translated import ROOT, resources, written

STAGES = stages()
PACKAGES = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}


def imported(folder: Path) -> set[str]:
    """The roots of everything that is imported below a folder."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_copied_is_there(stage: str) -> None:
    for source in STAGES[stage].copied():
        assert (ROOT / source).exists()
        allowed = (ROOT / ".dockerignore").read_text().splitlines()
        assert f"!{source.partition('/')[0]}" in allowed


def test_the_worker_has_the_packages_that_it_imports_and_no_more() -> None:
    needed, waiting = set[str](), {"media_worker"}
    while waiting:
        package = waiting.pop()
        needed.add(package)
        folder = ROOT / package if package == "media_worker" else ROOT / "functions" / package
        waiting |= (imported(folder) & PACKAGES) - needed
    copied = {Path(source).name for source in STAGES["worker"].copied()}
    assert copied == needed


def test_nobody_runs_as_root() -> None:
    (task,) = resources(written("infra/workers.yaml"), "AWS::ECS::TaskDefinition").values()
    (container,) = task["ContainerDefinitions"]
    assert STAGES["worker"].arguments("USER") == STAGES["local"].arguments("USER") == [[container["User"]]]
    assert list(STAGES)[-1] == "worker", "what is built when no target is named"


def test_what_is_written_to_can_be_mounted() -> None:
    (task,) = resources(written("infra/workers.yaml"), "AWS::ECS::TaskDefinition").values()
    (container,) = task["ContainerDefinitions"]
    mounted = [[point["ContainerPath"]] for point in container["MountPoints"]]
    assert STAGES["worker"].arguments("VOLUME") == mounted
