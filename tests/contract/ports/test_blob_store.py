"""Blobs on every adapter. To join, an adapter adds one line to BLOB_STORES."""

import os
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from callcore.errors import InvalidInput, NotFound
from callcore.ports import BlobStore, BlobWriter
from callstore.aws.s3 import PART_BYTES, S3BlobStore
from callstore.files import FORGOTTEN_S, FilesBlobStore

KEY = "recordings/acc_ann/-session.mixed.wav"


@contextmanager
def files(directory: Path) -> Iterator[BlobStore]:
    yield FilesBlobStore(directory / "blobs")


@contextmanager
def bucket(directory: Path) -> Iterator[BlobStore]:
    with mock_aws():
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("s3", region_name="eu-central-1", **secret)
        client.create_bucket(Bucket="blobs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3BlobStore(client, "blobs")
        assert client.list_multipart_uploads(Bucket="blobs").get("Uploads", []) == []


BLOB_STORES: Mapping[str, Callable[[Path], AbstractContextManager[BlobStore]]] = {"files": files, "s3": bucket}


@pytest.fixture(params=sorted(BLOB_STORES))
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    with BLOB_STORES[request.param](tmp_path) as opened:
        yield opened


def write(blobs: BlobStore, *pieces: bytes, head: bytes = b"") -> None:
    writer = blobs.create(KEY, "audio/wav", len(head))
    for piece in pieces:
        writer.append(piece)
    writer.finish(head)


def content(blobs: BlobStore) -> bytes:
    blob = blobs.open(KEY)
    return b"".join(blob.chunks(0, blob.size_bytes))


@pytest.mark.parametrize("pieces", [(), (b"a",), (b"a", b"", b"bc")])
@pytest.mark.parametrize("head", [b"", b"RIFF"])
def test_a_blob_is_its_head_and_all_that_was_appended(blobs: BlobStore, pieces: tuple[bytes, ...], head: bytes) -> None:
    write(blobs, *pieces, head=head)
    assert content(blobs) == head + b"".join(pieces)
    assert blobs.open(KEY).size_bytes == len(head) + len(b"".join(pieces))


@pytest.mark.parametrize("size", [PART_BYTES, 2 * PART_BYTES + 5])
def test_a_long_blob_comes_back_whole(blobs: BlobStore, size: int) -> None:
    body = os.urandom(1 << 16) * (size // (1 << 16)) + os.urandom(size % (1 << 16))
    step = 700_001
    write(blobs, *(body[start : start + step] for start in range(0, size, step)), head=b"head")
    assert content(blobs) == b"head" + body


def test_it_is_there_when_it_is_finished_and_not_before(blobs: BlobStore) -> None:
    writer = blobs.create(KEY, "audio/wav")
    writer.append(b"new")
    with pytest.raises(NotFound):
        blobs.open(KEY)
    writer.finish(b"")
    assert content(blobs) == b"new"


def test_a_newer_blob_takes_the_place_of_the_older(blobs: BlobStore) -> None:
    write(blobs, b"the older one")
    write(blobs, b"new")
    assert content(blobs) == b"new"


@pytest.mark.parametrize("size", [3, 2 * PART_BYTES])
def test_what_is_abandoned_leaves_nothing(blobs: BlobStore, size: int) -> None:
    writer = blobs.create(KEY, "audio/wav", 4)
    for start in range(0, size, PART_BYTES):
        writer.append(bytes(min(PART_BYTES, size - start)))
    writer.abandon()
    writer.abandon()
    with pytest.raises(NotFound):
        blobs.open(KEY)


def test_abandoning_a_finished_blob_does_nothing(blobs: BlobStore) -> None:
    writer = blobs.create(KEY, "audio/wav")
    writer.append(b"kept")
    writer.finish(b"")
    writer.abandon()
    assert content(blobs) == b"kept"


def test_a_range_is_read_in_small_pieces(blobs: BlobStore) -> None:
    body = bytes(range(250)) * 400
    write(blobs, body)
    for start, stop in ((0, 0), (0, 1), (3, 70_000), (99_999, 100_000), (100_000, 100_000)):
        pieces = list(blobs.open(KEY).chunks(start, stop))
        assert b"".join(pieces) == body[start:stop]
        assert all(0 < len(piece) <= 64 * 1024 for piece in pieces)


def test_what_is_deleted_is_not_found_and_deleting_again_is_fine(blobs: BlobStore) -> None:
    write(blobs, b"gone soon")
    opened = blobs.open(KEY)
    blobs.delete(KEY)
    blobs.delete(KEY)
    with pytest.raises(NotFound):
        blobs.open(KEY)
    with pytest.raises(NotFound):
        list(opened.chunks(0, 1))


def test_a_key_of_another_form_is_refused(blobs: BlobStore) -> None:
    for key in ("", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\n", "é", "a" * 513):
        with pytest.raises(InvalidInput):
            blobs.create(key, "audio/wav")
        with pytest.raises(InvalidInput):
            blobs.open(key)
        with pytest.raises(InvalidInput):
            blobs.delete(key)


def written_while_holding(writer: BlobWriter) -> int:
    """Write 50 MB; the most bytes held of what was allocated here or in a blob store, whatever other threads do."""
    places = [tracemalloc.Filter(True, __file__), tracemalloc.Filter(True, f"*{os.sep}callstore{os.sep}*")]
    held = 0
    tracemalloc.start()
    for part in range(200):
        writer.append(bytes(1 << 18))
        if part % 20 == 19:
            traces = tracemalloc.take_snapshot().filter_traces(places).statistics("filename")
            held = max(held, sum(trace.size for trace in traces))
    tracemalloc.stop()
    return held


def test_a_long_file_is_written_in_little_memory(tmp_path: Path) -> None:
    writer = FilesBlobStore(tmp_path).create(KEY, "audio/wav")
    assert written_while_holding(writer) < 1 << 20
    writer.abandon()


def test_the_bucket_is_given_no_more_than_a_part_at_a_time(tmp_path: Path) -> None:
    """What waits for it lies in files; the emulated bucket itself would hide that."""
    sent: list[int] = []

    class Counter:
        def create_multipart_upload(self, **_: object) -> dict[str, str]:
            return {"UploadId": "u"}

        def upload_part(self, *, Body: object, **_: object) -> dict[str, str]:
            sent.append(os.fstat(Body.fileno()).st_size)  # type: ignore[attr-defined]
            return {"ETag": "e"}

        def complete_multipart_upload(self, **_: object) -> None: ...

    writer = S3BlobStore(Counter(), "blobs").create(KEY, "audio/wav", 44)
    assert written_while_holding(writer) < 1 << 20
    writer.finish(bytes(44))
    assert max(sent) < PART_BYTES + (1 << 18)
    assert sum(sent) == 200 * (1 << 18) + 44


def test_a_bucket_says_where_a_blob_can_be_fetched_and_for_how_long(tmp_path: Path) -> None:
    with bucket(tmp_path) as blobs:
        write(blobs, b"sound")
        url = blobs.open(KEY).url(60)
        assert url is not None
        assert KEY in url
        assert "X-Amz-Expires=60" in url or "Expires=" in url
    with files(tmp_path) as blobs:
        write(blobs, b"sound")
        assert blobs.open(KEY).url(60) is None


def test_what_a_dead_process_left_is_deleted_a_day_later(tmp_path: Path) -> None:
    blobs = FilesBlobStore(tmp_path)
    writers = [blobs.create(KEY, "audio/wav") for _ in range(2)]
    old, young = (tmp_path / ".unfinished").iterdir()
    died_at = old.stat().st_mtime - FORGOTTEN_S - 1
    os.utime(old, (died_at, died_at))
    blobs.create(KEY, "audio/wav").abandon()
    assert list((tmp_path / ".unfinished").iterdir()) == [young]
    for writer in writers:
        writer.abandon()


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    blobs = FilesBlobStore(tmp_path / "blobs")
    write(blobs, b"sound")
    assert (tmp_path / "blobs").stat().st_mode & 0o077 == 0
    assert (tmp_path / "blobs" / KEY).stat().st_mode & 0o077 == 0
