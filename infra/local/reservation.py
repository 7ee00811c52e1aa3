"""What must be ours before anything starts: the data directory, without the last run's processes, and the two ports."""

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from callcore.errors import Conflict, StoreError
from infra.local.lifeline import DRAIN_S
from infra.local.settings import LocalSettings
from media_worker.transports.sip.bound import bind

_POLL_S = 0.1


@contextlib.contextmanager
def reserved_directory(data_dir: Path) -> Iterator[None]:
    """Make the directory, readable by its owner only, and hold it alone; however we end, it is free again.

    Raises Conflict.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Conflict(_unusable(data_dir, error)) from None
    with os.fdopen(descriptor, "w"):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another Parley is running on {data_dir}: stop it, or give --data-dir") from None
        yield


@contextlib.contextmanager
def running_on(data_dir: Path) -> Iterator[None]:
    """Mark a process of the stack as running, until it ends, however it ends. Raises StoreError."""
    try:
        file = (data_dir / "running").open("w")
    except OSError as error:
        raise StoreError(_unusable(data_dir, error), retryable=False) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def wait_until_nobody_runs(data_dir: Path, on_wait: Callable[[], None], within_s: float = DRAIN_S + 2) -> None:
    """Processes whose supervisor was killed first let their calls end (lifeline): wait for them.

    Calls `on_wait` once if there are any. Raises Conflict when they stay.
    """
    with (data_dir / "running").open("w") as file:
        for attempt in range(round(within_s / _POLL_S)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if attempt == 0:
                    on_wait()
                time.sleep(_POLL_S)
            else:
                return
    raise Conflict(f"processes of the last run on {data_dir} do not end: stop them")


def with_usable_ports(settings: LocalSettings) -> LocalSettings:
    """The settings, with a free port for each 0. Raises Conflict, naming the option that chooses another."""
    with (
        _listening(settings.host, settings.http_port, "--http-port") as http_port,
        _listening(settings.host, settings.media_port, "--media-port") as media_port,
    ):
        found = {"http_port": http_port, "media_port": media_port, "sip_port": _sip_port(settings)}
        return settings.model_copy(update=found)


def _sip_port(settings: LocalSettings) -> int:
    """The one that is wanted, or another: addresses of SIP calls name theirs, so that nobody has to know it."""
    for port in (settings.sip_port, 0):
        with contextlib.suppress(OSError), bind(settings.host, port) as bound:
            return bound.port
    return 0


@contextlib.contextmanager
def _listening(host: str, port: int, option: str) -> Iterator[int]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise Conflict(_why(error, host, port, option)) from None
    with listener:
        yield int(listener.getsockname()[1])


def _unusable(data_dir: Path, error: OSError) -> str:
    return f"the data directory {data_dir} cannot be used: {error.strerror}"


def _why(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop the program that has it, or give {option}"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights: give a larger one with {option}"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"
