"""SIGTERM as something that a loop without asyncio can look at and wait for."""

import os
import select
import signal


class Termination:
    """From its making on, SIGTERM is no longer deadly but told here. Make it in the main thread, once.

    The pipe is written to by the interpreter's C handler. A handler in Python runs only between two steps of the main
    thread, so a signal just before that thread begins to wait, or one that another thread takes, would be slept over.
    """

    def __init__(self) -> None:
        self._reading_end, writing_end = os.pipe()
        os.set_blocking(writing_end, False)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.set_wakeup_fd(writing_end, warn_on_full_buffer=False)

    def is_set(self) -> bool:
        """Whether SIGTERM has come."""
        return self.wait(0)

    def wait(self, timeout: float) -> bool:
        """Wait that long, in seconds, or until SIGTERM comes; whether it has."""
        readable, _, _ = select.select([self._reading_end], [], [], timeout)
        return bool(readable)
