import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callcore.errors import NotFound, StoreError
from callcore.workers.worker import Worker
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.schema import MIGRATIONS, migrate
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock


def test_the_file_is_its_owners_only_and_durable(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "parley.db")
    assert stat.S_IMODE((tmp_path / "parley.db").stat().st_mode) == 0o600
    assert database.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert database.rows("PRAGMA synchronous")[0][0] == 2
    assert database.rows("PRAGMA foreign_keys")[0][0] == 1
    assert database.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)
    database.close()
    database.close()


def test_a_database_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    SqliteDatabase(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(StoreError, match="newer release") as refusal:
        SqliteDatabase(path)
    assert not refusal.value.retryable


@pytest.mark.parametrize("content", [b"this is no database at all, but it is long enough to have a header" * 20])
def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "parley.db").write_bytes(content)
    with pytest.raises(StoreError):
        SqliteDatabase(tmp_path / "parley.db")


def test_a_folder_that_does_not_exist_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        SqliteDatabase(tmp_path / "missing" / "parley.db")


def test_a_failing_migration_changes_nothing() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, [("CREATE TABLE a (x)",)])
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, [("CREATE TABLE a (x)",), ("CREATE TABLE b (x)", "NONSENSE")])
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    assert tables == ["a"]
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    migrate(connection, [("CREATE TABLE a (x)",), ("CREATE TABLE b (x)",)])
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 2
    connection.close()


def test_a_block_that_raises_is_rolled_back(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "parley.db")

    def write_and_fail() -> None:
        with database.transaction() as transaction:
            transaction.execute("INSERT INTO workers (worker_id, beat_at) VALUES ('w', 1)")
            raise NotFound("worker", "w")

    with pytest.raises(NotFound):
        write_and_fail()
    assert database.rows("SELECT * FROM workers") == []
    database.close()


def test_a_worker_silent_for_more_than_a_day_is_forgotten(tmp_path: Path) -> None:
    with SqliteStores(tmp_path / "parley.db", ManualClock()) as stores:
        stores.workers.beat(Worker("old", 1_000.0))
        stores.workers.beat(Worker("new", 1_000.0 + 24 * 3600 + 1))
        assert stores.workers.find_worker("old") is None


def test_many_openings_of_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    # Without its own retry about one round in five meets "database is locked" while switching to WAL.
    for number in range(30):
        barrier = threading.Barrier(8)

        def open_and_close(path: Path = tmp_path / f"{number}.db", barrier: threading.Barrier = barrier) -> None:
            barrier.wait(timeout=60)
            SqliteDatabase(path).close()

        with ThreadPoolExecutor(8) as threads:
            for opening in [threads.submit(open_and_close) for _ in range(8)]:
                opening.result(timeout=60)
