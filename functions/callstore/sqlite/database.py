"""One SQLite file as several threads and processes share it."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from callcore.errors import Conflict, InvalidInput, StoreError
from callstore.sqlite.schema import migrate

BUSY_TIMEOUT_S = 10.0
"""How long one process waits for another's write."""
_WAL_RETRY_S = 0.05


class SqliteDatabase:
    """A migrated file, behind one connection and one lock per process.

    One connection is enough: SQLite has a single writer at a time anyway, and every statement here takes
    well under a millisecond beside the commit. The lock makes it safe from any thread; it is not safe across
    `fork`, so processes are spawned. A commit is on the disk when it returns (WAL with `synchronous=FULL`),
    so neither kill -9 nor a power failure loses what a caller was told is stored.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file, readable by its owner only. Raises StoreError."""
        self._lock = threading.Lock()
        with _mapped_errors():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._connection.row_factory = sqlite3.Row
                _use_wal(self._connection)
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("PRAGMA foreign_keys = ON")
                # What is deleted is overwritten: a transcript shall not be found in the file's free pages.
                self._connection.execute("PRAGMA secure_delete = ON")
                migrate(self._connection)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Closing twice is fine."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end of the block, rolled back when the block raises."""
        with self._lock, _mapped_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def forget(self) -> None:
        """Take what was deleted out of the write-ahead log too, unless somebody reads it right now."""
        with self._lock, _mapped_errors():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """What one reading statement finds."""
        with self._lock, _mapped_errors():
            return self._connection.execute(sql, parameters).fetchall()


def _use_wal(connection: sqlite3.Connection) -> None:
    # Two processes that switch a new file to WAL at the same instant can each hold the lock that the other
    # needs; SQLite then answers "locked" at once, without the busy timeout, so the wait is here.
    for _ in range(int(BUSY_TIMEOUT_S / _WAL_RETRY_S)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_WAL_RETRY_S)
    raise StoreError("the database stays locked by another process", retryable=True)


@contextlib.contextmanager
def _mapped_errors() -> Iterator[None]:
    # The driver's messages name tables and columns, never values.
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Conflict(f"the store refuses the row: {error}") from None
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        raise StoreError(f"the database failed: {error}", retryable=code in _RETRYABLE_CODES) from error
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the database failed: {error}", retryable=False) from error
    except (UnicodeEncodeError, OverflowError):
        raise InvalidInput("a value is no valid Unicode text, or a number is too large to store") from None


_RETRYABLE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
