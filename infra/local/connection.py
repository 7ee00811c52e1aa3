"""connection.json: how scripts reach a local installation, and the only place that holds its plain keys."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from callcore.errors import InvalidInput
from callcore.ids import AgentId


class Keys(BaseModel):
    """The plain keys of an installation; the store has their hashes."""

    model_config = ConfigDict(frozen=True)

    public_key: str
    """Allows every override, and only from this machine itself."""
    private_key: str
    """For REST."""
    snippet_key: str
    """The public key of every printed snippet: safe overrides, from anywhere."""


class Connection(Keys):
    """The file's content."""

    api_url: str
    media_url: str
    """Ends in /millis."""
    page_url: str
    agent_id: AgentId


def read_connection(path: Path) -> Connection | None:
    """The file's content; None when there is no file. Raises InvalidInput when it cannot be understood."""
    try:
        return Connection.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise InvalidInput(f"{path} is damaged: delete it, and the next start makes new keys") from None


def write_connection(path: Path, connection: Connection) -> None:
    """Replace the file at once, readable by its owner only: a reader sees the old content or the new one, whole."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(connection.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
