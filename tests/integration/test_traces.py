"""Every road that leads out of a session carries its trace, and its log lines its id."""

import asyncio
import json
import logging

import pytest
from websockets.asyncio.server import ServerConnection, serve

from callcore.ids import new_session_id
from callcore.trace import HEADER, trace_id, work_for
from callnet.guarded import GuardedClient
from callnet.websocket import guarded_websocket
from media_worker.observability import JsonFormatter
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendor_socket import vendor_socket
from observability.logs import FieldsFormatter
from tests.peers.customer_web import customer_web


def test_vendors_and_customers_are_told_the_same_trace() -> None:
    told: list[str | None] = []

    async def accept(connection: ServerConnection) -> None:
        assert connection.request is not None
        told.append(connection.request.headers.get(HEADER))
        await connection.wait_closed()

    async def session() -> None:
        session_id = new_session_id()
        work_for(session_id)
        async with (
            serve(accept, "127.0.0.1", 0) as sockets,
            vendor_client() as vendors,
            GuardedClient(private=True) as customers,
        ):
            port = next(iter(sockets.sockets)).getsockname()[1]
            await vendors.post(web.url("/model"), json={})
            await customers.send("POST", web.url("/tool"), headers={}, timeout_s=5)
            async with vendor_socket("deepgram", f"ws://127.0.0.1:{port}", {"Authorization": "Token key"}):
                pass
            async with guarded_websocket(f"ws://127.0.0.1:{port}", headers={}, timeout_s=5, private=True):
                pass
        told.extend(asked.headers.get(HEADER) for asked in web.asked)
        assert [header and header.split("-")[1] for header in told] == [trace_id(session_id)] * 4

    with customer_web() as web:
        asyncio.run(session())


def test_a_customers_own_trace_is_not_replaced() -> None:
    async def session() -> None:
        work_for(new_session_id())
        async with GuardedClient(private=True) as customers:
            await customers.send("GET", web.url("/tool"), headers={HEADER: "00-theirs"}, timeout_s=5)

    with customer_web() as web:
        asyncio.run(session())
        assert [asked.headers[HEADER] for asked in web.asked] == ["00-theirs"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), FieldsFormatter()])
def test_what_is_logged_for_a_session_names_it(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("a", logging.WARNING, __file__, 1, "a vendor failed", None, None)

    async def session() -> None:
        session_id = new_session_id()
        work_for(session_id)
        assert json.loads(formatter.format(record))["session_id"] == session_id

    asyncio.run(session())
    assert "session_id" not in json.loads(formatter.format(record))
