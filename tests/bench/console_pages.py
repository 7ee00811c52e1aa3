"""How long the console's pages take beside a long call log: `python -m tests.bench.console_pages [CALLS]`.

Fills a new SQLite file with calls of one account (100,000 by default), each with its transcript, latencies, costs and a
configuration of 4 KB, and opens every kind of page a hundred times, in process. Sizes are those of the page compressed.
"""

import gzip
import json
import math
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.testclient import TestClient

from callauth.console import one_time_code
from callcore.calls.call import CallStatus
from callcore.ids import AgentId
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from callstore.sqlite.usage_table import DAY_USAGE
from playground.app import create_app
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.conftest import LINK_SECRET, console_for

ROUNDS = 100
GATE_MS = 100
SPACING_S = 26.0
"""100,000 calls are a month's."""
AGENTS = 12
RARE = 997
"""Every so-many-th call is of a caller of his own, who says something of his own."""
STATUSES = (*(CallStatus.USER_ENDED,) * 6, *(CallStatus.AGENT_ENDED,) * 3, CallStatus.ERROR)
URL = "http://localhost:8000"
NOW_S = recorded.BEGAN_S


def agent_id(number: int) -> AgentId:
    """Of one of them."""
    return AgentId(f"-Agent{number % AGENTS:014}")


def session_of(number: int) -> str:
    """What the so-many-th call is called."""
    return f"00000000-0000-4000-8000-{number:012}"


def fill(path: Path, count: int) -> None:
    """Write that many calls, past the store, which would commit each of them to the disk; the newest one last."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO calls (session_id, call_id, account_id, status, live, started_at, agent_id, agent_config,"
        " metadata, duration_s, chat, chars_used, function_calls, voip, position, from_phone, to_phone,"
        " cost_breakdown, call_metrics, recording)"
        " VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 312, ?, ?, ?, ?, ?, ?, ?, ?)",
        _rows(count),
    )
    for statement in DAY_USAGE[1:]:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def _rows(count: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(4)
    config = json.dumps(recorded.CONFIG | {"prompt": "Be kind. " * 450})
    chat = json.dumps(recorded.CHAT)
    rare_chat = json.dumps([*recorded.CHAT, {"role": "user", "content": "My boat is called Calypso"}])
    metrics, costs = json.dumps(recorded.METRICS), json.dumps(recorded.COSTS)
    ran = json.dumps(recorded.call().function_calls)
    for number in range(count):
        is_rare = number % RARE == 0
        callee = "+15559999999" if is_rare else f"+1666{number % 5000:07}"
        began_s = NOW_S - (count - number) * SPACING_S
        session = session_of(number)
        yield (
            *(session, f"c-{session}", rows.ANN, chance.choice(STATUSES), began_s, agent_id(chance.randrange(AGENTS))),
            *(config, json.dumps({"customer": f"C-{number}"}), chance.randrange(20, 600)),
            *(rare_chat if is_rare else chat, ran, json.dumps({"from": "+15550000000", "to": callee})),
            *(round(began_s * 1_000_000), "+15550000000", callee, costs, metrics),
            json.dumps({"stereo": "recordings/acc_ann/bench.stereo.wav"}) if number == count - 1 else None,
        )


def pages(count: int) -> Mapping[str, str]:
    """A path of every kind, below the console's."""
    middle = NOW_S - count * SPACING_S / 2
    return {
        "agents": "/agents",
        "calls: newest": "/calls",
        "calls: from the middle on": f"/calls?before={middle}",
        "calls: an agent's failed ones": f"/calls?agent={agent_id(3)}&outcome=error&before={middle}",
        "calls: a day": "/calls?first=2027-01-10&last=2027-01-10",
        "calls: a number": "/calls?q=%2B15559999999",
        "calls: an id": f"/calls?q={session_of(count // 2)}",
        "calls: words of every call": "/calls?q=terrace",
        "calls: words of no call": "/calls?q=xylophone",
        "a call": f"/calls/{session_of(count // 2)}",
        "its transcript": f"/calls/{session_of(count // 2)}/transcript.json",
        "a waveform of 25 s": f"/calls/{session_of(count - 1)}/waveform.svg",
        "usage: 30 days by agent": "/usage",
        "usage: 90 days by service": "/usage?days=90&split=part",
        "usage: CSV": "/usage.csv?days=90",
        "keys": "/keys",
        "numbers": "/numbers",
        "campaigns": "/campaigns",
        "health": "/health",
    }


def prepare(directory: Path, count: int) -> SqliteStores:
    """Open the store of so many calls, and of a recording."""
    path = directory / "parley.db"
    stores = SqliteStores(path, ManualClock(NOW_S))
    stores.accounts.put_account(replace(rows.account(), status="active"))  # type: ignore[arg-type]
    for number in range(AGENTS):
        stores.agents.put_agent(replace(rows.agent(agent_id(number)), name=f"Agent {number}"))
    fill(path, count)
    recorded.record(FilesBlobStore(directory / "blobs"), recorded.call("bench"))
    return stores


def client_on(stores: SqliteStores, directory: Path) -> TestClient:
    """Somebody who is signed in."""
    console = console_for(stores, FilesBlobStore(directory / "blobs"), ManualClock(NOW_S), URL)
    client = TestClient(create_app(console), base_url=URL, client=("127.0.0.1", 50000))
    client.get(f"/console/sign-in/link?code={one_time_code(LINK_SECRET, NOW_S)}")
    return client


@dataclass(frozen=True)
class Opened:
    """A page that was opened once."""

    taken_ms: float
    processor_ms: float
    """Of it: other programs take the rest."""
    content: bytes


def opened(client: TestClient, path: str) -> Opened:
    """Open the page."""
    began_s, processor_s = time.perf_counter(), time.process_time()
    reply = client.get(f"/console{path}")
    taken_ms, processor_ms = (time.perf_counter() - began_s) * 1000, (time.process_time() - processor_s) * 1000
    assert reply.status_code == 200, (path, reply.status_code)
    return Opened(taken_ms, processor_ms, reply.content)


def quantile(values: Sequence[float], share: float) -> float:
    """By the nearest rank."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main(count: int) -> bool:
    """Print the table; whether every page was fast enough."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with prepare(directory, count) as stores, client_on(stores, directory) as client:
            size_mb = (directory / "parley.db").stat().st_size / 1e6
            print(f"{count} calls, {size_mb:.0f} MB, {ROUNDS} times each")
            print(f"{'page':32} p50 ms  p95 ms  max ms  processor p95 ms  gzip kB")
            slow = []
            for kind, path in pages(count).items():
                measured = [opened(client, path) for _ in range(ROUNDS)]
                taken, processor = [one.taken_ms for one in measured], [one.processor_ms for one in measured]
                p95, size_kb = quantile(taken, 0.95), len(gzip.compress(measured[0].content, 6)) / 1000
                figures = f"{quantile(taken, 0.5):6.1f}  {p95:6.1f}  {max(taken):6.1f}"
                print(f"{kind:32} {figures}  {quantile(processor, 0.95):16.1f}  {size_kb:7.1f}", flush=True)
                slow += [kind] if p95 > GATE_MS else []
        print(f"slower than {GATE_MS} ms at p95: {', '.join(slow) or 'none'}")
        return not slow


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000) else 1)
