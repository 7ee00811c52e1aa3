"""An event loop whose clock jumps: a long talk is over in a moment, with exact and repeatable times."""

import asyncio
import selectors
import socket
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


LOOKS = 3
"""What one end of a loopback connection writes is at the other a moment later, in real time. So often it is looked
for again, each time when what was written after it, to a connection of the selector's own, has arrived."""


def _connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return near, listener.accept()[0]


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting it moves the clock; only what is ready right now is reported."""

    def __init__(self, *, sockets: bool) -> None:
        super().__init__()
        self.now = 0.0
        self._ends = _connected() if sockets else ()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            ready = self._look_again()
        if not ready:
            if timeout is None:
                raise RuntimeError("every task waits, and nothing will ever wake one")
            self.now += max(0.0, timeout)
        return ready

    def _look_again(self) -> list[tuple[selectors.SelectorKey, int]]:
        if self._ends:
            near, far = self._ends
            for _ in range(LOOKS):
                near.send(b".")
                far.recv(1)
                if ready := super().select(0):
                    return ready
        return []

    def close(self) -> None:
        super().close()
        for end in self._ends:
            end.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Threads run inline: their work takes no virtual time."""

    def __init__(self, *, sockets: bool = False) -> None:
        self._jumping = _JumpingSelector(sockets=sockets)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(  # type: ignore[override]  # the stub's type variables cannot be named here
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class VirtualClock:
    """The worker's clock on a virtual loop; dates begin in 2026."""

    EPOCH = 1_790_000_000.0

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def unix_s(self) -> float:
        return self.EPOCH + self.monotonic_s()

    async def sleep_until(self, monotonic_s: float) -> None:
        await asyncio.sleep(max(0.0, monotonic_s - self.monotonic_s()))


def run_virtual(main: Coroutine[Any, Any, T], *, sockets: bool = False) -> T:
    """asyncio.run on virtual time; `sockets`: there are connections, both ends of them in this loop."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(sockets=sockets)) as runner:
        return runner.run(main)
