"""What the processes of the stack are told, by their environment."""

import json
import os
from typing import Any

from infra.local.settings import REPOSITORY, LocalSettings, inherited_environment


def environment_of_children(settings: LocalSettings) -> dict[str, str]:
    """The environment in which a process of the stack reads these settings, whatever its folder is."""
    told: dict[str, Any] = settings.model_dump(exclude_none=True, exclude={"supervised"})
    ours = {f"PARLEY_{name.upper()}": _text(value) for name, value in told.items()}
    ours["PARLEY_SUPERVISED"] = "1"
    if settings.system_libraries.is_dir():
        ours["PARLEY_FLITE_DIR"] = str(settings.system_libraries)
    # Each of numpy's equations is too small to be shared: its threads would only wait for each other.
    ours["OPENBLAS_NUM_THREADS"] = "1"
    # The two source roots (architecture.md 1).
    ours["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY / "functions"), str(REPOSITORY)])
    inherited = inherited_environment()
    for name in ("PARLEY_PUBLIC_URL", "PARLEY_FLITE_DIR"):
        inherited.pop(name, None)  # absent means something
    return inherited | ours


def _text(value: Any) -> str:
    """As the environment holds it: a mapping as JSON."""
    return json.dumps(value) if isinstance(value, dict) else str(value)
