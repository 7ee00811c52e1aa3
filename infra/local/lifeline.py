"""A child ends with its supervisor, however that one ends: it holds the other end of our standard input."""

import os
import signal
import sys
import threading

DRAIN_S = 10.0
"""After the supervisor is gone, so much time to stop in good order."""


def end_with_supervisor() -> None:
    """Watch standard input from now on: at its end, SIGTERM to ourselves, and after DRAIN_S the whole group dies."""
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(DRAIN_S)
    # The supervisor made us the leader of our own group, so this reaches our own children and nobody else's.
    os.killpg(os.getpgrp(), signal.SIGKILL)
