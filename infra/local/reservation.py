"""What must be ours before anything starts: the data directory and the two ports."""

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from callcore.errors import Conflict
from infra.local.settings import LocalSettings


@contextlib.contextmanager
def reserved_directory(data_dir: Path) -> Iterator[None]:
    """Make the directory, readable by its owner only, and hold it alone; however we end, it is free again.

    Raises Conflict.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Conflict(f"the data directory {data_dir} cannot be used: {error.strerror}") from None
    with os.fdopen(descriptor, "w"):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another Parley is running on {data_dir}: stop it, or give --data-dir") from None
        yield


def with_usable_ports(settings: LocalSettings) -> LocalSettings:
    """The settings, with a free port for each 0. Raises Conflict, naming the option that chooses another."""
    with (
        _listening(settings.host, settings.http_port, "--http-port") as http_port,
        _listening(settings.host, settings.media_port, "--media-port") as media_port,
    ):
        return settings.model_copy(update={"http_port": http_port, "media_port": media_port})


@contextlib.contextmanager
def _listening(host: str, port: int, option: str) -> Iterator[int]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise Conflict(_why(error, host, port, option)) from None
    with listener:
        yield int(listener.getsockname()[1])


def _why(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop the program that has it, or give {option}"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights: give a larger one with {option}"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"
