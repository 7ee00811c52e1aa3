"""A language model of your own behind a WebSocket: python infra/examples/custom_llm_server.py [PORT [SECRET]]

Needs `pip install websockets`. Set an agent's `custom_llm_websocket` to its address (wss:// on a public host; on this
machine PARLEY_ALLOW_PRIVATE_URLS=1 make run), or to {"url": …, "headers": {"Authorization": "Bearer SECRET"}}.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

from websockets.asyncio.server import ServerConnection, serve


async def think(words: str) -> AsyncIterator[dict[str, object]]:
    """Your model: pieces of the answer as it writes them."""
    if "slow" in words:
        yield {"content": "Let me look that up. ", "flush": True, "pause": 300}
        await asyncio.sleep(1.5)
    yield {"content": f"You said: {words}"}


async def answer(connection: ServerConnection, stream_id: int, transcript: list[dict[str, str]]) -> None:
    """Greet a call that begins, or answer the user's last turn; cancelled when the user interrupts."""

    async def send(kind: str, **data: object) -> None:
        await connection.send(json.dumps({"type": kind, "data": {"stream_id": stream_id, **data}}))

    if not transcript:
        return await send("stream_response", content="Hello, this is my own model.", end_of_stream=True)
    if "goodbye" in (words := transcript[-1]["content"]).lower():
        await send("stream_response", content="Goodbye.")
        return await send("end_call")
    async for piece in think(words):
        await send("stream_response", **piece)
    await send("stream_response", content="", end_of_stream=True)


async def call(secret: str, connection: ServerConnection) -> None:
    """One call, from its connection to its end."""
    if secret and connection.request and connection.request.headers.get("Authorization") != f"Bearer {secret}":
        return await connection.close(1008, "Unauthorized")
    async with asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(asyncio.sleep(0))
        async for frame in connection:
            kind, data = (json.loads(frame)[key] for key in ("type", "data"))
            if kind in ("start_call", "stream_request", "interrupt"):
                answering.cancel()
            if kind in ("start_call", "stream_request"):
                answering = tasks.create_task(answer(connection, data["stream_id"], data.get("transcript", [])))


async def main(port: str = "9000", secret: str = "") -> None:
    """Print the address and serve until stopped."""
    async with serve(lambda connection: call(secret, connection), "127.0.0.1", int(port)) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


asyncio.run(main(*sys.argv[1:3]))
