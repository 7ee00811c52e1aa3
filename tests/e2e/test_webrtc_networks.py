"""Calls over WebRTC where the two ends do not reach each other directly: over a TURN server, and through a 1:1 NAT."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aioice.ice import get_host_addresses

from tests.e2e.stack import REPOSITORY, running
from tests.peers.ports import lasting_ports

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]

SECRET = "shared with the server"
WORKER, NAT, CALLER = "parley-worker", "parley-nat", "parley-caller"
PRIVATE, PUBLIC, OUTSIDE = "10.77.1.2", "203.0.113.7", "203.0.113.9"


def called(*arguments: str, flags: tuple[str, ...] = (), inside: str | None = None) -> Mapping[str, Any]:
    """What a caller in a process of its own heard, `inside` a network namespace. Ids of agents begin with a dash."""
    where = ["ip", "netns", "exec", inside] if inside else []
    path = os.pathsep.join([str(REPOSITORY / "functions"), str(REPOSITORY)])
    done = subprocess.run(
        [*where, sys.executable, "-m", "tests.peers.webrtc_caller", *flags, "--", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heard: Mapping[str, Any] = json.loads(done.stdout)
    return heard


# --- relayed --------------------------------------------------------------------------------


@pytest.fixture
def address() -> str:
    """One of this machine that is no loopback: a TURN server relays to no other."""
    found = get_host_addresses(use_ipv4=True, use_ipv6=False)
    if not found:
        pytest.skip("this machine has no address but its loopback")
    return found[0]


@pytest.fixture
def turn_port(address: str, tmp_path: Path) -> Iterator[int]:
    """Of a coturn that believes whoever knows its secret."""
    if shutil.which("turnserver") is None:
        pytest.skip("coturn is not installed: apt-get install coturn")
    (port,) = lasting_ports(1, address)
    told = {
        "listening-ip": address,
        "relay-ip": address,
        "listening-port": str(port),
        "static-auth-secret": SECRET,
        "realm": "parley",
        "pidfile": str(tmp_path / "pid"),
        "log-file": str(tmp_path / "turn.log"),
        "userdb": str(tmp_path / "turndb"),
    }
    options = [f"--{name}={value}" for name, value in told.items()]
    flags = ["-n", "--use-auth-secret", "--no-cli", "--no-tls", "--no-dtls", "--simple-log"]
    with subprocess.Popen(
        ["turnserver", *flags, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as turn:
        yield port
        turn.terminate()


def test_a_caller_behind_a_firewall_is_relayed(address: str, turn_port: int, tmp_path: Path) -> None:
    turn = {"PARLEY_TURN_URLS": f"turn:{address}:{turn_port}?transport=tcp", "PARLEY_TURN_SECRET": SECRET}
    with running(tmp_path / "data", environment=turn) as stack:
        told = stack.connection
        heard = called(told["api_url"], told["private_key"], told["agent_id"], flags=("--relayed",))
        assert heard["local"] == f"relay {address}"
        assert heard["said"].startswith("Hi there")
        assert heard["loudest"] > 3000
        assert stack.ended_call(heard["session_id"])["call_status"] == "user-ended"


# --- through a NAT --------------------------------------------------------------------------

NETWORK = f"""
ip netns add {WORKER}
ip netns add {NAT}
ip netns add {CALLER}
ip link add inside netns {NAT} type veth peer name eth0 netns {WORKER}
ip link add outside netns {NAT} type veth peer name eth0 netns {CALLER}
ip -n {WORKER} address add {PRIVATE}/24 dev eth0
ip -n {WORKER} link set eth0 up
ip -n {WORKER} link set lo up
ip -n {NAT} address add 10.77.1.1/24 dev inside
ip -n {NAT} address add {PUBLIC}/24 dev outside
ip -n {NAT} link set inside up
ip -n {NAT} link set outside up
ip -n {CALLER} address add {OUTSIDE}/24 dev eth0
ip -n {CALLER} link set eth0 up
ip -n {WORKER} route add default via 10.77.1.1
ip netns exec {NAT} sysctl -q -w net.ipv4.ip_forward=1
ip netns exec {NAT} iptables -t nat -A PREROUTING -d {PUBLIC} -j DNAT --to-destination {PRIVATE}
ip netns exec {NAT} iptables -t nat -A POSTROUTING -s {PRIVATE} -o outside -j SNAT --to-source {PUBLIC}
"""


@pytest.fixture
def networks() -> Iterator[None]:
    """A worker's network, a caller's, and a NAT between them that gives the worker a public address."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("iptables"):
        pytest.skip("network namespaces need root, iproute2 and iptables")
    try:
        for line in NETWORK.strip().splitlines():
            made = subprocess.run(line.split(), capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"this machine makes no network namespaces: {made.stderr.strip()}")
        yield
    finally:
        for name in (WORKER, NAT, CALLER):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextlib.contextmanager
def stack_behind(directory: Path, **told: str) -> Iterator[Mapping[str, str]]:
    """The local stack in the worker's network; how it is reached."""
    path = os.pathsep.join([str(REPOSITORY / "functions"), str(REPOSITORY)])
    command = ["ip", "netns", "exec", WORKER, sys.executable, "-m", "infra.local", "--host", "0.0.0.0"]
    with subprocess.Popen(
        [*command, "--data-dir", str(directory)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path, **told},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert any("Ctrl-C stops" in line for line in process.stdout), "the stack did not start"
            yield json.loads((directory / "connection.json").read_text())
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def test_a_worker_behind_a_nat_is_reached_at_its_public_address(networks: None, tmp_path: Path) -> None:
    told = {"PARLEY_WEBRTC_PUBLIC_ADDRESS": PUBLIC, "PARLEY_WEBRTC_PORTS": "20000-20099"}
    with stack_behind(tmp_path / "data", **told) as connection:
        keys = (connection["private_key"], connection["agent_id"])
        # Without an address of its own in the offer the caller is not found: it has to find the worker.
        heard = called(f"http://{PUBLIC}:8000", *keys, flags=("--hidden",), inside=CALLER)
        assert heard["remote"] == PUBLIC
        assert heard["local"] == f"host {OUTSIDE}"
        assert heard["said"].startswith("Hi there")
        assert heard["loudest"] > 3000
