"""The local stack as a user runs it: start, restart, stop, and what stands in connection.json."""

import asyncio
import signal
import stat
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.e2e.stack import Stack, running, start
from tests.peers.millis_client import MillisClient, connect
from tests.peers.ports import lasting_ports

SCRIPTED = {"speech_to_text": {"provider": "scripted"}, "voice": {"provider": "scripted"}}


def port(url: str) -> str:
    return url.rsplit(":", 1)[1]


async def talk(stack: Stack, client: MillisClient) -> str:
    """Start a session with the demo agent; its id, once the greeting has been heard."""
    agent = {"agent_id": stack.connection["agent_id"], "agent_config": SCRIPTED}
    await client.initiate(public_key=stack.connection["public_key"], agent=agent, metadata={"userName": "Ann"})
    session_id: str = (await client.wait_for("onready")).payload["session_id"]
    await client.wait_for("onresponsetext", is_final=True)
    return session_id


def test_connection_json_says_how_to_reach_everything(stack: Stack) -> None:
    file = stack.data_dir / "connection.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    connection = stack.connection
    assert {"api_url", "media_url", "page_url", "public_key", "private_key", "agent_id"} <= set(connection)
    assert connection["media_url"].endswith("/millis")
    assert len(connection["public_key"]) == len(connection["private_key"]) == 32
    assert connection["public_key"] not in connection["page_url"], "pages carry a key with a narrower policy"


def test_either_port_answers_rest_and_calls(stack: Stack) -> None:
    path = f"/agents/{stack.connection['agent_id']}"
    for base in (stack.connection["api_url"], stack.media_http):
        assert stack.get(path, base=base)["id"] == stack.connection["agent_id"]
        assert stack.get(path, base=base, key=f"Bearer {stack.connection['private_key']}")["name"]
        with pytest.raises(HTTPError, match="401"):
            stack.get(path, base=base, key="wrong")

    async def call(media_url: str) -> str:
        async with connect(media_url) as client:
            return await talk(stack, client)

    for media_url in (
        stack.connection["media_url"],
        stack.connection["media_url"].removesuffix("millis"),
        stack.connection["api_url"].replace("http", "ws", 1) + "/millis",
    ):
        session_id = asyncio.run(call(media_url))
        ended = stack.ended_call(session_id)
        assert ended["call_status"] == "user-ended"
        base, *embedded = ended["cost_breakdown"]
        assert (base["type"], base["provider"], base["rate"]) == ("millis", "millis", "0.02/min")
        assert base["credit"] > 0
        assert {(line["type"], line["credit"]) for line in embedded} >= {("tts", 0.0)}


def test_a_call_in_progress_is_in_the_log(stack: Stack) -> None:
    async def call() -> None:
        async with connect(stack.connection["media_url"]) as client:
            session_id = await talk(stack, client)
            assert (await asyncio.to_thread(stack.get, f"/call-logs/{session_id}"))["call_status"] == "in-progress"

    asyncio.run(call())


def test_everything_survives_kill_9(tmp_path: Path) -> None:
    async def call(stack: Stack) -> str:
        async with connect(stack.connection["media_url"]) as client:
            return await talk(stack, client)

    (http_port,) = lasting_ports(1)
    ports = ("--http-port", str(http_port), "--media-port", "0")
    with running(tmp_path, *ports) as stack:
        before = dict(stack.connection)
        agent = stack.get(f"/agents/{before['agent_id']}")
        session_id = asyncio.run(call(stack))
        ended = stack.ended_call(session_id)
        stack.kill()
    with running(tmp_path, *ports) as stack:
        for name in ("public_key", "private_key", "agent_id", "api_url"):
            assert stack.connection[name] == before[name]
        assert stack.get(f"/agents/{before['agent_id']}") == agent
        assert stack.get(f"/call-logs/{session_id}") == ended


@pytest.mark.full
def test_a_restart_waits_for_the_calls_of_a_killed_run(tmp_path: Path) -> None:
    async def kill_and_restart(stack: Stack) -> subprocess.Popen[str]:
        async with connect(stack.connection["media_url"]) as client:
            await talk(stack, client)
            stack.process.kill()
            stack.process.wait(timeout=10)
            restarted = start(tmp_path, *ports)
            await asyncio.to_thread(read_until, restarted, "The calls of the last run are ending")
            return restarted

    http_port, media_port = lasting_ports(2)
    ports = ("--http-port", str(http_port), "--media-port", str(media_port))
    with running(tmp_path, *ports) as stack:
        restarted = asyncio.run(kill_and_restart(stack))
        read_until(restarted, "Parley is ready")
        stack.process.communicate(timeout=30)
        restarted.send_signal(signal.SIGINT)
        restarted.communicate(timeout=60)


def read_until(process: subprocess.Popen[str], said: str) -> None:
    """Read what the stack writes, to the line that says this."""
    output = ""
    assert process.stdout is not None
    while said not in output:
        line = process.stdout.readline()
        assert line, output
        output += line


def test_ctrl_c_lets_a_call_say_goodbye(tmp_path: Path) -> None:
    async def call(stack: Stack) -> tuple[int, str]:
        async with connect(stack.connection["media_url"]) as client:
            await talk(stack, client)
            stack.process.send_signal(signal.SIGINT)
            began = time.monotonic()
            await client.wait_for("onsessionended", within=20)
            assert time.monotonic() - began < 15
            assert "we have to end this call" in str([one.data for one in client.received])
            return await client.closed()

    with running(tmp_path) as stack:
        assert asyncio.run(call(stack))[0] == 1001
        output = stack.process.communicate(timeout=30)[0]
        assert stack.process.returncode == 0
        assert "Traceback" not in output


def test_a_busy_port_is_one_line(stack: Stack, tmp_path: Path) -> None:
    busy = port(stack.connection["api_url"])
    process = start(tmp_path, "--http-port", busy, "--media-port", "0")
    output = process.communicate(timeout=60)[0]
    assert process.returncode != 0
    assert [busy in line for line in output.splitlines()] == [True], output
