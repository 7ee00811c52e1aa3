"""The SIP endpoint on sockets of this machine."""

import asyncio
import socket

import pytest

from media_worker.session.clock import LoopClock
from media_worker.transports.sip.bound import Bound, bind
from media_worker.transports.sip.endpoint import Endpoint, IncomingCall, SipTerms
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.streams import TCP, Streams
from tests.unit.media_worker.transports.sip.phone import Phone, sdp

HERE = "127.0.0.1"


def send_datagram(data: bytes, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, (HERE, port))


async def first_call(bound: Bound) -> IncomingCall:
    """The first that an endpoint takes which begins to run now."""
    taken: asyncio.Future[IncomingCall] = asyncio.get_running_loop().create_future()

    async def take(call: IncomingCall) -> None:
        taken.set_result(call)

    endpoint = Endpoint(SipTerms(HERE), bound, LoopClock(), take)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(endpoint.run())
        async with asyncio.timeout(20):
            call = await taken
        running.cancel()
    return call


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_call_that_waits_at_the_port_when_the_endpoint_starts_is_taken(transport: str) -> None:
    with bind(HERE, 0) as bound:
        invite = Phone(transport=transport).write("INVITE", body=sdp())
        if transport == "UDP":
            send_datagram(invite, bound.port)
            call = asyncio.run(first_call(bound))
        else:
            with socket.create_connection((HERE, bound.port)) as connection:
                connection.sendall(invite)
                call = asyncio.run(first_call(bound))
        assert call.invite.call_id == "call-1"


def test_messages_that_come_while_a_connection_is_opened_anew_go_over_it_in_their_order() -> None:
    async def scene() -> None:
        read: asyncio.Queue[bytes] = asyncio.Queue()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            read.put_nowait(await reader.readexactly(12))
            writer.close()

        streams = Streams(LoopClock(), admits=lambda host: True, on_frame=lambda frame, hop: None)
        async with (
            await asyncio.start_server(answer, HERE, 0) as server,
            asyncio.timeout(20),
            asyncio.TaskGroup() as tasks,
        ):
            hop = Hop(TCP, HERE, server.sockets[0].getsockname()[1], 1)
            streams.send(b"one ", hop, tasks)
            streams.send(b"two ", hop, tasks)
            await asyncio.sleep(0)  # the connection is under way
            streams.send(b"done", hop, tasks)
            assert await read.get() == b"one two done"
            streams.close()

    asyncio.run(scene())
