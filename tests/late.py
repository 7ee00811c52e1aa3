"""Finds tests that pass by luck: everything that one process waits for from another comes late, on purpose.

`.venv/bin/pytest -p tests.late --late messages,test PATHS` fails where a test looks at what it has not waited for.
One that measures time may fail as well: see first whether it measures against a reference of the same run.

    messages   text that a WebSocket of this process receives is handed on late, what follows it waits
    sends      text that it sends goes out late
    requests   a server of this process (uvicorn, or one that serves files) begins late to answer
    threads    what is given to a thread begins late
    browser    pages run at a sixth of their speed
    test       the test goes on late after each answer of the browser
    loops      event loops stand still now and then
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

LATE_S = 0.25
SLOWNESS = 6
STANDSTILL_S = (0.05, 0.3)
UNTIL_THE_NEXT_S = (0.5, 4.0)


def late_messages() -> None:
    """Text that a WebSocket receives is handed on late."""
    from websockets.asyncio.connection import Connection

    receive = Connection.recv

    async def recv(self: Connection, decode: bool | None = None) -> Any:
        message = await receive(self, decode)
        if isinstance(message, str):
            await asyncio.sleep(LATE_S)
        return message

    _replace(Connection, recv)


def late_sends() -> None:
    """Text that a WebSocket is given goes out late."""
    from websockets.asyncio.connection import Connection

    send_now = Connection.send

    async def send(self: Connection, message: Any, text: bool | None = None) -> None:
        if isinstance(message, str):
            await asyncio.sleep(LATE_S)
        await send_now(self, message, text=text)

    _replace(Connection, send)


def late_requests() -> None:
    """A server begins late to answer."""
    from http.server import BaseHTTPRequestHandler

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    answer = RequestResponseCycle.run_asgi

    async def run_asgi(self: RequestResponseCycle, app: Any) -> None:
        await asyncio.sleep(LATE_S)
        await answer(self, app)

    begin = BaseHTTPRequestHandler.send_response

    def send_response(self: BaseHTTPRequestHandler, code: int, message: str | None = None) -> None:
        time.sleep(LATE_S)
        begin(self, code, message)

    _replace(RequestResponseCycle, run_asgi)
    _replace(BaseHTTPRequestHandler, send_response)


def late_threads() -> None:
    """What is given to a thread begins late."""
    hand_over = asyncio.BaseEventLoop.run_in_executor

    def run_in_executor(self: asyncio.BaseEventLoop, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        def begin_late(*given: Any) -> Any:
            time.sleep(LATE_S)
            return func(*given)

        return hand_over(self, executor, begin_late, *args)

    _replace(asyncio.BaseEventLoop, run_in_executor)


def slow_pages() -> None:
    """Pages compute slowly; frames of other sites in them do not."""
    from playwright.sync_api import BrowserContext, Page

    open_page = BrowserContext.new_page

    def new_page(self: BrowserContext) -> Page:
        page = open_page(self)
        self.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWNESS})
        return page

    _replace(BrowserContext, new_page)


def late_test() -> None:
    """The test goes on late after each answer of the browser."""
    from playwright._impl._sync_base import SyncBase

    wait_for = SyncBase._sync

    def _sync(self: SyncBase, answer: Any) -> Any:
        try:
            return wait_for(self, answer)
        finally:
            time.sleep(LATE_S)

    _replace(SyncBase, _sync)


def standing_loops() -> None:
    """Event loops stand still now and then, each at its own times."""
    loop_class: Any = asyncio.BaseEventLoop
    run_once, next_at = loop_class._run_once, dict[int, float]()

    def _run_once(self: asyncio.BaseEventLoop) -> None:
        run_once(self)
        now = time.monotonic()
        if now >= next_at.setdefault(id(self), now + random.uniform(*UNTIL_THE_NEXT_S)):
            time.sleep(random.uniform(*STANDSTILL_S))
            next_at[id(self)] = time.monotonic() + random.uniform(*UNTIL_THE_NEXT_S)

    _replace(loop_class, _run_once)


WAYS: Mapping[str, Callable[[], None]] = {
    "messages": late_messages,
    "sends": late_sends,
    "requests": late_requests,
    "threads": late_threads,
    "browser": slow_pages,
    "test": late_test,
    "loops": standing_loops,
}


def _replace(owner: type, method: Callable[..., Any]) -> None:
    setattr(owner, method.__name__, method)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--late", default="", help=f"what is late, several with commas: {', '.join(WAYS)}")


def pytest_configure(config: pytest.Config) -> None:
    wanted = [way for way in config.getoption("--late").split(",") if way]
    if unknown := set(wanted) - WAYS.keys():
        raise pytest.UsageError(f"--late knows {', '.join(WAYS)}, and not {', '.join(sorted(unknown))}")
    for way in wanted:
        WAYS[way]()
