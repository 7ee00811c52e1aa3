"""Small programs for a supervisor: `python -m tests.peers.supervised NAME FILE`, each telling FILE what it does."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from infra.local.lifeline import end_with_supervisor
from infra.local.termination import Termination


def steady(tell: Callable[[str], None]) -> None:
    """Runs until SIGTERM or the end of its supervisor."""
    end_with_supervisor()
    stop = Termination()
    tell(f"started {os.getpid()}")
    stop.wait(60)
    tell("ended")


def deaf(tell: Callable[[str], None]) -> None:
    """Ignores SIGTERM and has a child that does so too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild = subprocess.Popen(["sleep", "60"])
    tell(f"started {os.getpid()} {grandchild.pid}")
    threading.Event().wait(60)


def parent(tell: Callable[[str], None]) -> None:
    """Crashes and leaves its own child behind."""
    grandchild = subprocess.Popen(["sleep", "60"])
    tell(f"started {os.getpid()} {grandchild.pid}")
    os.kill(os.getpid(), signal.SIGKILL)


def misconfigured(tell: Callable[[str], None]) -> None:
    """Says that it can never start."""
    tell(f"started {os.getpid()}")
    sys.exit(os.EX_CONFIG)


def main(name: str, file: str) -> None:
    def tell(line: str) -> None:
        with Path(file).open("a") as log:
            log.write(f"{name} {line}\n")

    {"steady": steady, "deaf": deaf, "parent": parent, "misconfigured": misconfigured}[name](tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
