"""SQLite stores that keep every chat in a blob, however short."""

from pathlib import Path

from callcore.clock import Clock
from callstore.files import FilesBlobStore
from callstore.long_chats import ChatBlobs, LongChatCalls, LongChatCheckpoints, LongChatLog
from callstore.sqlite.stores import SqliteStores


class ChatsInBlobs(SqliteStores):
    """The stores under a directory."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        super().__init__(directory / "parley.db", clock)
        chats = ChatBlobs(FilesBlobStore(directory / "blobs"), long_chars=0)
        self.call_log = LongChatLog(self.call_log, self.calls, chats)  # type: ignore[assignment]  # the same port
        self.calls = LongChatCalls(self.calls, chats)  # type: ignore[assignment]
        self.checkpoints = LongChatCheckpoints(self.checkpoints, chats)  # type: ignore[assignment]
