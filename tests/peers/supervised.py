"""Small programs for a supervisor: `python -m tests.peers.supervised NAME FILE`, each telling FILE what it does."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from infra.local.lifeline import end_with_supervisor
from infra.local.termination import Termination


@dataclass(frozen=True)
class Log:
    """FILE, as one of the programs writes it."""

    name: str
    file: Path

    def tell(self, line: str) -> None:
        with self.file.open("a") as log:
            log.write(f"{self.name} {line}\n")

    def wait_for(self, words: str) -> None:
        """Until any of the programs has told so, at most ten seconds."""
        deadline = time.monotonic() + 10
        while words not in (self.file.read_text() if self.file.exists() else "") and time.monotonic() < deadline:
            time.sleep(0.01)


def steady(log: Log) -> None:
    """Runs until SIGTERM or the end of its supervisor."""
    end_with_supervisor()
    stop = Termination()
    log.tell(f"started {os.getpid()}")
    stop.wait(60)
    log.tell("ended")


def deaf(log: Log) -> None:
    """Ignores SIGTERM and has a child that does so too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild = subprocess.Popen(["sleep", "60"])
    log.tell(f"started {os.getpid()} {grandchild.pid}")
    threading.Event().wait(60)


def parent(log: Log) -> None:
    """Crashes beside a steady one, and leaves its own child behind."""
    log.wait_for("steady started")
    grandchild = subprocess.Popen(["sleep", "60"])
    log.tell(f"started {os.getpid()} {grandchild.pid}")
    os.kill(os.getpid(), signal.SIGKILL)


def misconfigured(log: Log) -> None:
    """Says that it can never start."""
    log.tell(f"started {os.getpid()}")
    sys.exit(os.EX_CONFIG)


def main(name: str, file: str) -> None:
    programs = {"steady": steady, "deaf": deaf, "parent": parent, "misconfigured": misconfigured}
    programs[name](Log(name, Path(file)))


if __name__ == "__main__":
    main(*sys.argv[1:])
