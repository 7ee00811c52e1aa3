"""Blobs as the files of a directory."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from callcore.blobs import check_key
from callcore.errors import NotFound, StoreError

CHUNK_BYTES = 64 * 1024
FORGOTTEN_S = 24 * 3600
"""A file that nobody has written to for so long will not be finished: its process died."""
_UNFINISHED = ".unfinished"
"""No key begins with a dot."""


class FilesBlobStore:
    """BlobStore. Its directory is open to its owner only; several processes may share the directory."""

    def __init__(self, root: Path) -> None:
        """The directory need not exist."""
        self.root = root
        """Where everything is."""

    def create(self, key: str, media_type: str, head_bytes: int = 0) -> "FileWriter":
        """Begin a blob; a file has no media type."""
        check_key(key)
        with _mapped_errors(key):
            folder = self.root / _UNFINISHED
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(exist_ok=True)
            unfinished = folder / uuid4().hex
            writer = FileWriter(self.root / key, unfinished, head_bytes)
            _forget_old(folder, now=unfinished.stat().st_mtime)
            return writer

    def open(self, key: str) -> "FileBlob":
        """Raises NotFound."""
        check_key(key)
        with _mapped_errors(key):
            return FileBlob(self.root / key, key)

    def delete(self, key: str) -> None:
        """One that does not exist is fine."""
        check_key(key)
        with _mapped_errors(key):
            (self.root / key).unlink(missing_ok=True)


class FileWriter:
    """BlobWriter: an unfinished file, which is moved to its place."""

    def __init__(self, path: Path, unfinished: Path, head_bytes: int) -> None:
        self._path = path
        self._unfinished = unfinished
        self._head_bytes = head_bytes
        self._file = os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._file.seek(head_bytes)

    def append(self, data: bytes) -> None:
        """Take more of the body."""
        with _mapped_errors(self._path.name):
            self._file.write(data)

    def finish(self, head: bytes) -> None:
        """Put the head before the body and the file in its place."""
        assert len(head) == self._head_bytes, "the head has the length that was announced"
        with _mapped_errors(self._path.name):
            self._file.seek(0)
            self._file.write(head)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._unfinished.replace(self._path)
            _sync_directory(self._path.parent)

    def abandon(self) -> None:
        """Forget what was written."""
        with _mapped_errors(self._path.name):
            self._file.close()
            self._unfinished.unlink(missing_ok=True)


class FileBlob:
    """Blob."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._size = path.stat().st_size

    @property
    def size_bytes(self) -> int:
        """Of all of it."""
        return self._size

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`."""
        with _mapped_errors(self._key), self._path.open("rb") as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(CHUNK_BYTES, stop - start))):
                start += len(chunk)
                yield chunk

    def url(self, lifetime_s: int) -> str | None:
        """A directory publishes nothing."""
        return None


def _forget_old(folder: Path, now: float) -> None:
    """`now` by the file system's clock, which notes the times of files."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if path.stat().st_mtime < now - FORGOTTEN_S:
                path.unlink()


def _sync_directory(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def _mapped_errors(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise NotFound("blob", key) from None
    except OSError as error:
        raise StoreError(f"the blob store failed: {error.strerror}", retryable=True) from error
