"""media_worker/Dockerfile, read as far as the tests need it."""

import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.template.translated import ROOT

DOCKERFILE = ROOT / "media_worker/Dockerfile"
FOR_PEOPLE = shutil.ignore_patterns("__pycache__", "node_modules", "build", "*.md")
"""What .dockerignore keeps out."""


@dataclass
class Stage:
    """One FROM with what follows it."""

    name: str
    base: str
    lines: list[list[str]] = field(default_factory=list)

    def arguments(self, instruction: str) -> list[list[str]]:
        """Of every such instruction."""
        return [line[1:] for line in self.lines if line[0] == instruction]

    def copied(self) -> dict[str, str]:
        """What comes from the repository, and where it goes."""
        from_here = [line for line in self.arguments("COPY") if not line[0].startswith("--from")]
        return {source: target for *sources, target in from_here for source in sources}


def stages() -> dict[str, Stage]:
    """Every stage by its name."""
    found: dict[str, Stage] = {}
    for line in DOCKERFILE.read_text().replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True, posix=True)
        if words[:1] == ["FROM"]:
            _, base, _, name = words
            found[name] = Stage(name, base)
        elif words and found:
            list(found.values())[-1].lines.append(words)
    return found


def copy_stage(name: str, into: Path) -> None:
    """Put what the stage copies from the repository where it says, below `into`."""
    for source, target in stages()[name].copied().items():
        shutil.copytree(ROOT / source, into / target.lstrip("/"), ignore=FOR_PEOPLE)
