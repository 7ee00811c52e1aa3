"""SIGTERM as something that a loop without asyncio can look at and wait for."""

import os
import select
import signal


class Termination:
    """From its making on, SIGTERM is no longer deadly but told here. Make it in the main thread, once.

    A pipe and not a `threading.Event`, whose lock the interrupted thread may hold when the signal arrives.
    """

    def __init__(self) -> None:
        self._reading_end, writing_end = os.pipe()
        os.set_blocking(writing_end, False)
        signal.signal(signal.SIGTERM, lambda *_: os.write(writing_end, b"."))

    def is_set(self) -> bool:
        """Whether SIGTERM has come."""
        return self.wait(0)

    def wait(self, timeout: float) -> bool:
        """Wait that long, in seconds, or until SIGTERM comes; whether it has."""
        readable, _, _ = select.select([self._reading_end], [], [], timeout)
        return bool(readable)
