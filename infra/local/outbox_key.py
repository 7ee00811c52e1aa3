"""The secret of the outbox on this machine: in a file of its own, so that reports survive a restart and no copy of the
database opens them.
"""

import contextlib
import os
import secrets
from pathlib import Path

from callcore.errors import InvalidInput

MIN_CHARS = 32


def kept_key(path: Path) -> str:
    """The file's secret; a new one, readable by its owner only, when there is no file. Raises InvalidInput."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    key = path.read_text().strip()
    if len(key) < MIN_CHARS:
        raise InvalidInput(f"{path} is damaged: delete it; reports that wait for their delivery are lost with it")
    return key
