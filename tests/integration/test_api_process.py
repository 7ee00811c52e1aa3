"""The API process as it is started, behind its own port and behind a worker's."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from callcore.clock import SystemClock
from callstore.sqlite.stores import SqliteStores
from infra.local.environment import environment_of_children
from infra.local.first_run import Installation, install
from infra.local.http_proxy import HttpProxy, http_fallback
from infra.local.settings import REPOSITORY, LocalSettings, read_settings
from tests.peers.asgi_server import serving
from tests.peers.ports import lasting_ports


async def worker(scope: Scope, receive: Receive, send: Send) -> None:
    """Says who it is, over HTTP and over a WebSocket."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"worker"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": scope["path"]})
        await receive()


@contextlib.asynccontextmanager
async def api_process(settings: LocalSettings) -> AsyncIterator[httpx2.AsyncClient]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.local.api_process",
        env=environment_of_children(settings),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    base_url = f"http://127.0.0.1:{settings.http_port}"
    try:
        async with asyncio.timeout(60), httpx2.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as client:
            while True:
                assert process.returncode is None, "it ended"
                with contextlib.suppress(httpx2.TransportError):
                    if (await client.get("/health")).status_code == 200:
                        break
                await asyncio.sleep(0.02)
            yield client
    finally:
        process.terminate()
        _, messages = await asyncio.wait_for(process.communicate(), 20)
        assert b"Traceback" not in messages
        assert b"?" not in messages, "a log line holds a query"


def settings_of(data_dir: Path) -> LocalSettings:
    http_port, media_port = lasting_ports(2)
    return read_settings({"data_dir": data_dir, "http_port": http_port, "media_port": media_port})


def installed(tmp_path: Path) -> tuple[LocalSettings, Installation]:
    settings = settings_of(tmp_path)
    with SqliteStores(settings.database, SystemClock()) as stores:
        return settings, install(stores.accounts, stores.agents, None, SystemClock().unix_s())


def test_either_port_answers_rest_pages_and_calls(tmp_path: Path) -> None:
    settings, installation = installed(tmp_path)
    headers = {"authorization": f"Bearer {installation.keys.private_key}"}
    page = f"/agents/embedded?id={installation.agent_id}&k={installation.keys.snippet_key}&userName=Ann"

    async def check() -> None:
        async with api_process(settings) as api:
            async with (
                HttpProxy(f"http://127.0.0.1:{settings.http_port}") as rest_and_pages,
                serving(http_fallback(worker, rest_and_pages), port=settings.media_port) as media_host,
                httpx2.AsyncClient(base_url=f"http://{media_host}", timeout=30, trust_env=False) as media,
            ):
                for client in (api, media):
                    agent = await client.get(f"/agents/{installation.agent_id}", headers=headers)
                    assert (agent.status_code, agent.json()["id"]) == (200, installation.agent_id)
                    assert (await client.get(f"/agents/{installation.agent_id}")).status_code == 401
                    embedded = await client.get(page)
                    assert embedded.status_code == 200
                    assert "Ann" in embedded.text
                    assert (await client.get("/embed.js")).status_code == 200
                assert (await api.get("/health")).json() == {"status": "ok"}
                assert (await media.get("/health")).text == "worker"
                for host in (media_host, f"127.0.0.1:{settings.http_port}"):
                    async with connect(f"ws://{host}/millis?public_key=secret", proxy=None) as socket:
                        assert await socket.recv() == "/millis"
            # The worker is gone, and the API goes on without it.
            assert (await api.get("/health")).status_code == 200

    asyncio.run(check())


def test_a_process_that_can_never_start_says_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_text("this is no database, though it is long enough to have a header" * 10)
    settings = settings_of(tmp_path)
    result = subprocess.run(
        [sys.executable, "-m", "infra.local.api_process"],
        env=environment_of_children(settings) | {"PARLEY_SUPERVISED": "0"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 78
    assert result.stderr.startswith("parley api: the database failed")
    assert len(result.stderr.splitlines()) == 1
