"""How long a page of a long call log takes: `PYTHONPATH=functions:. python -m tests.bench.call_log [CALLS]`.

Fills a new SQLite file with calls of one account (100,000 by default), each with a chat of twenty messages and a
configuration of 4 KB, and measures every kind of page: 200 of each, 20 calls long.
"""

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.ids import AccountId, AgentId
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows

BEGIN_S = 1_700_000_000.0
SPACING_S = 7.5
PAGES = 200
AGENTS = 20
STATUSES = (*(CallStatus.USER_ENDED,) * 6, *(CallStatus.AGENT_ENDED,) * 3, CallStatus.ERROR)
CALLER, RARE_CALLER = "+15550000000", "+15559999999"
"""The first made every call, the second a hundred."""


def fill(path: Path, account_id: AccountId, count: int) -> None:
    """Write that many calls, past the store, which would commit each of them to the disk."""
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO calls (session_id, call_id, account_id, status, live, started_at, agent_id, agent_config,"
            " metadata, duration_s, chat, chars_used, function_calls, voip, position, from_phone, to_phone)"
            " VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, 60, ?, 100, '[]', ?, ?, ?, ?)",
            _rows(account_id, count),
        )
    connection.close()


def _rows(account_id: AccountId, count: int) -> Iterator[tuple[object, ...]]:
    config = json.dumps({"prompt": "Be kind. " * 450})
    chat = json.dumps([{"role": "user", "content": "What are your opening hours on a holiday?"}] * 20)
    chance = random.Random(4)
    for number in range(count):
        callee = RARE_CALLER if number % max(1, count // 100) == 0 else f"+1666{number % 5000:04}"
        voip = json.dumps({"from": CALLER, "to": callee})
        began_s = BEGIN_S + number * SPACING_S
        status, agent = chance.choice(STATUSES), f"-Agent{chance.randrange(AGENTS)}"
        session = f"s-{number}"
        yield (
            *(session, session, account_id, status, began_s, agent, config, '{"userName": "Ann"}', chat, voip),
            *(round(began_s * 1_000_000), CALLER, callee),
        )


def queries(account_id: AccountId, count: int, agent: int = 7) -> Mapping[str, CallQuery]:
    """One page of every kind."""
    plain = CallQuery(account_id, 20)
    middle = BEGIN_S + count * SPACING_S / 2
    agent_id = AgentId(f"-Agent{agent % AGENTS}")
    return {
        "newest": plain,
        "cursor": replace(plain, after=middle),
        "time range": replace(plain, start_time=middle - 3600, end_time=middle),
        "agent": replace(plain, agent_id=agent_id),
        "status": replace(plain, status=CallStatus.ERROR, after=middle),
        "agent and status": replace(plain, agent_id=agent_id, status=CallStatus.ERROR),
        "a number of every call": replace(plain, phone_number=CALLER),
        "a number of a hundred calls": replace(plain, phone_number=RARE_CALLER),
        "everything": replace(plain, phone_number=CALLER, agent_id=agent_id, status=CallStatus.ERROR, after=middle),
        "nothing found": replace(plain, status=CallStatus.VOICEMAIL_HANGUP, agent_id=agent_id),
        "100 calls": replace(plain, limit=100, after=middle),
    }


def main(count: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "parley.db"
        with SqliteStores(path, ManualClock()) as stores:
            stores.accounts.put_account(rows.account())
            fill(path, rows.ANN, count)
            print(f"{count} calls, {path.stat().st_size / 1e6:.0f} MB\n{'page':30} p50 ms  p95 ms  max ms")
            for name in queries(rows.ANN, count):
                taken_ms = []
                for page in range(PAGES):
                    query = queries(rows.ANN, count, page)[name]
                    begin_s = time.perf_counter()
                    stores.call_log.list_calls(query)
                    taken_ms.append((time.perf_counter() - begin_s) * 1000)
                p95 = statistics.quantiles(taken_ms, n=20)[-1]
                print(f"{name:30} {statistics.median(taken_ms):6.2f}  {p95:6.2f}  {max(taken_ms):6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
