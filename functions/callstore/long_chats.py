"""Chats too long for a row lie in a blob, and the row says where.

For stores whose rows have a limit (400 KB in DynamoDB): what stands around them, the ports, stays the same.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import uuid4

from callcore.calls.call import END_STATUSES, Call, Checkpoint
from callcore.calls.log import CallPage, CallQuery
from callcore.calls.ports import CallLog, CallStore, CheckpointStore
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, CallId, SessionId
from callcore.ports import BlobStore
from callstore.stored_json import to_json

LONG_CHARS = 64 * 1024
"""As JSON in ASCII; a shorter chat stays in its row."""
_PLACE = "chat_blob"
"""The only key of what stands for a chat in a row; a message of a chat has a role."""

Chat = Sequence[Mapping[str, Any]]
Kept = TypeVar("Kept", Call, Checkpoint)


@dataclass(frozen=True)
class ChatBlobs:
    """Puts long chats into blobs, and finds them again."""

    blobs: BlobStore
    long_chars: int = LONG_CHARS

    def put(self, chat: Chat, key: str) -> Chat:
        """What the row shall hold of this chat."""
        text = to_json(list(chat))
        if len(text) <= self.long_chars:
            return chat
        writer = self.blobs.create(key, "application/json")
        writer.append(text.encode("ascii"))
        writer.finish(b"")
        return ({_PLACE: key},)

    def fetched(self, kept: Kept) -> Kept:
        """The same with its chat; one whose blob is just being deleted has an empty one."""
        key = place_of(kept.chat)
        if key is None:
            return kept
        try:
            blob = self.blobs.open(key)
            return replace(kept, chat=json.loads(b"".join(blob.chunks(0, blob.size_bytes))))
        except NotFound:
            return replace(kept, chat=())


def place_of(chat: Chat | None) -> str | None:
    """The key of the blob that a row's chat lies in; None when it is the chat itself."""
    if chat is not None and len(chat) == 1 and chat[0].keys() == {_PLACE}:
        return str(chat[0][_PLACE])
    return None


def checkpoint_key(session_id: SessionId) -> str:
    """Where the chat of a session's last checkpoint lies."""
    return f"chats/{session_id}/checkpoint.json"


@dataclass(frozen=True)
class LongChatCalls:
    """CallStore over another one."""

    calls: CallStore
    chats: ChatBlobs

    def begin_call(self, call: Call) -> None:
        """Store a call that begins."""
        with self._placed(call) as placed:
            self.calls.begin_call(placed)

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        return self.chats.fetched(self.calls.get_call(account_id, session_id))

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already."""
        with self._placed(call) as placed:
            is_done = self.calls.finish_call(placed)
            if not is_done:
                self._forget(placed)
            return is_done

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        return [self.chats.fetched(call) for call in self.calls.list_live_calls()]

    @contextmanager
    def _placed(self, call: Call) -> Iterator[Call]:
        """The call as its row holds it; when that cannot be stored, its blob is forgotten."""
        # A key of its own: a second end of the call must not replace the chat of the first.
        key = f"chats/{call.session_id}/{uuid4().hex}.json"
        placed = call if call.chat is None else replace(call, chat=self.chats.put(call.chat, key))
        try:
            yield placed
        except BaseException:
            self._forget(placed)
            raise

    def _forget(self, placed: Call) -> None:
        if key := place_of(placed.chat):
            self.chats.blobs.delete(key)


@dataclass(frozen=True)
class LongChatLog:
    """CallLog over another one."""

    call_log: CallLog
    calls: CallStore
    """Of the rows."""
    chats: ChatBlobs

    def list_calls(self, query: CallQuery) -> CallPage:
        """The newest `query.limit` calls that match."""
        page = self.call_log.list_calls(query)
        return CallPage([self.chats.fetched(call) for call in page.calls], page.next_cursor)

    def find_call(self, account_id: AccountId, call_id: CallId) -> Call:
        """The call with that call id. Raises NotFound, also for another account's call."""
        return self.chats.fetched(self.call_log.find_call(account_id, call_id))

    def delete_call(self, account_id: AccountId, session_id: SessionId) -> None:
        """Raises NotFound, also for another account's call, and Conflict while the call goes on."""
        call = self.calls.get_call(account_id, session_id)
        if call.status in END_STATUSES:
            # The blobs first: should the rest fail, the call is still there to be deleted again.
            for key in filter(None, (place_of(call.chat), checkpoint_key(session_id))):
                self.chats.blobs.delete(key)
        self.call_log.delete_call(account_id, session_id)


@dataclass(frozen=True)
class LongChatCheckpoints:
    """CheckpointStore over another one."""

    checkpoints: CheckpointStore
    chats: ChatBlobs

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when there is no such call."""
        chat = self.chats.put(checkpoint.chat, checkpoint_key(checkpoint.session_id))
        try:
            self.checkpoints.save_checkpoint(replace(checkpoint, chat=chat))
        except Conflict:
            self.chats.blobs.delete(checkpoint_key(checkpoint.session_id))
            raise

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        checkpoint = self.checkpoints.load_checkpoint(session_id)
        return None if checkpoint is None else self.chats.fetched(checkpoint)
