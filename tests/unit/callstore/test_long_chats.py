"""What is left of long chats; that the ports keep their promises over them is tests/contract/ports."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import Conflict, InvalidInput, InvalidTransition
from callcore.ids import SessionId
from callstore.files import FilesBlobStore
from callstore.long_chats import LONG_CHARS, ChatBlobs, LongChatCalls, LongChatCheckpoints, LongChatLog
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.aws import stores_in_process

LONG = [{"role": "user", "content": "x" * LONG_CHARS}, {"role": "assistant", "content": "é \ud800"}]
S1 = SessionId("s-1")


class Stored:
    """Rows, blobs and what stands over them."""

    def __init__(self, directory: Path, sqlite: SqliteStores) -> None:
        self.rows = sqlite
        self.directory = directory
        chats = ChatBlobs(FilesBlobStore(directory))
        self.calls = LongChatCalls(sqlite.calls, chats)
        self.log = LongChatLog(sqlite.call_log, sqlite.calls, chats)
        self.checkpoints = LongChatCheckpoints(sqlite.checkpoints, chats)

    def blobs(self) -> int:
        return sum(path.is_file() for path in self.directory.rglob("*"))


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Stored]:
    with SqliteStores(tmp_path / "parley.db", ManualClock()) as sqlite:
        sqlite.accounts.put_account(rows.account(rows.ANN))
        sqlite.accounts.put_account(rows.account(rows.BOB))
        yield Stored(tmp_path / "blobs", sqlite)


def end(stored: Stored, chat: Sequence[Mapping[str, Any]] = LONG) -> None:
    stored.calls.begin_call(rows.live_call())
    stored.checkpoints.save_checkpoint(replace(rows.checkpoint(), chat=chat))
    assert stored.calls.finish_call(replace(rows.ended_call(), chat=chat))


def test_a_long_chat_leaves_its_row_and_comes_back(stored: Stored) -> None:
    end(stored)
    assert stored.blobs() == 2
    assert stored.calls.get_call(rows.ANN, S1).chat == LONG
    checkpoint = stored.checkpoints.load_checkpoint(S1)
    assert checkpoint is not None
    assert checkpoint.chat == LONG
    (place,) = stored.rows.calls.get_call(rows.ANN, S1).chat or ()
    assert len(str(place)) < 200


def test_a_short_chat_stays_where_it_is(stored: Stored) -> None:
    end(stored, [{"role": "user", "content": "Hello"}])
    assert stored.blobs() == 0


def test_nothing_is_left_of_a_deleted_call(stored: Stored) -> None:
    end(stored)
    stored.log.delete_call(rows.ANN, S1)
    assert stored.blobs() == 0


def test_a_refused_deletion_deletes_nothing(stored: Stored) -> None:
    stored.calls.begin_call(rows.live_call())
    stored.checkpoints.save_checkpoint(replace(rows.checkpoint(), chat=LONG))
    with pytest.raises(Conflict):
        stored.log.delete_call(rows.ANN, S1)
    assert stored.blobs() == 1


def test_an_end_that_does_not_count_leaves_no_chat(stored: Stored) -> None:
    end(stored)
    again = replace(rows.ended_call(), chat=[*LONG, {"role": "user", "content": "more"}])
    assert not stored.calls.finish_call(again)
    assert stored.calls.get_call(rows.ANN, S1).chat == LONG
    with pytest.raises(Conflict):
        stored.calls.begin_call(again)
    stored.calls.begin_call(rows.live_call("s-2"))
    with pytest.raises(InvalidTransition):
        stored.calls.finish_call(replace(again, session_id=SessionId("s-2"), status=CallStatus.BUSY))
    assert stored.blobs() == 2


def test_a_checkpoint_without_a_call_leaves_no_chat(stored: Stored) -> None:
    with pytest.raises(Conflict):
        stored.checkpoints.save_checkpoint(replace(rows.checkpoint("s-9"), chat=LONG))
    assert stored.blobs() == 0


def test_a_chat_that_is_just_being_deleted_is_empty(stored: Stored) -> None:
    end(stored)
    for path in stored.directory.rglob("*.json"):
        path.unlink()
    assert stored.calls.get_call(rows.ANN, S1).chat == ()


def test_a_chat_that_no_row_of_dynamodb_holds_is_kept_beside_it(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": random.Random(1).randbytes(500_000).hex()}]
    table = stores_in_process("long-chats", ManualClock())
    table.accounts.put_account(rows.account(rows.ANN))
    calls = LongChatCalls(table.calls, ChatBlobs(FilesBlobStore(tmp_path)))
    calls.begin_call(rows.live_call())
    ended = replace(rows.ended_call(), chat=chat)
    with pytest.raises(InvalidInput):
        table.calls.finish_call(ended)
    assert calls.finish_call(ended)
    assert calls.get_call(rows.ANN, S1) == ended
    table.close()
