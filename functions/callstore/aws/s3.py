"""Blobs as the objects of an S3 bucket."""

import contextlib
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from callcore.blobs import check_key
from callcore.errors import NotFound, StoreError

PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes for any part but the last."""
CHUNK_BYTES = 64 * 1024
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_REJECTED_BELOW = 500


class S3BlobStore:
    """BlobStore. The bucket's life cycle shall abort unfinished uploads after a day."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is boto3's for S3."""
        self._client = client
        self._bucket = bucket

    def create(self, key: str, media_type: str, head_bytes: int = 0) -> "S3Writer":
        """Begin a blob; nothing is sent before the first part is full."""
        check_key(key)
        return S3Writer(self._client, {"Bucket": self._bucket, "Key": key}, media_type, head_bytes)

    def open(self, key: str) -> "S3Blob":
        """Raises NotFound."""
        check_key(key)
        place = {"Bucket": self._bucket, "Key": key}
        with _mapped_errors(key):
            return S3Blob(self._client, place, self._client.head_object(**place)["ContentLength"])

    def delete(self, key: str) -> None:
        """One that does not exist is fine."""
        check_key(key)
        with _mapped_errors(key):
            self._client.delete_object(Bucket=self._bucket, Key=key)


class S3Writer:
    """BlobWriter: a multipart upload, or a single request for what is shorter than two parts.

    Parts wait in temporary files. The first one waits until the end, because the head stands in it.
    """

    def __init__(self, client: Any, place: dict[str, str], media_type: str, head_bytes: int) -> None:
        self._client = client
        self._place = place
        self._media_type = media_type
        self._head_bytes = head_bytes
        self._first: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by finish and abandon
        self._first.seek(head_bytes)
        self._later: IO[bytes] = TemporaryFile()  # noqa: SIM115
        self._size = head_bytes
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def append(self, data: bytes) -> None:
        """Take more of the body."""
        with _mapped_errors(self._place["Key"]):
            self._size += len(data)
            if self._first.tell() < PART_BYTES:
                self._first.write(data)
                return
            self._later.write(data)
            if self._later.tell() >= PART_BYTES:
                self._send_later()

    def finish(self, head: bytes) -> None:
        """Send what waits, the head with it."""
        assert len(head) == self._head_bytes, "the head has the length that was announced"
        with _mapped_errors(self._place["Key"]):
            self._first.seek(0)
            self._first.write(head)
            self._first.seek(0)
            if self._later.tell():
                self._send_later()
            if self._upload_id is None:
                self._client.put_object(**self._place, Body=self._first, ContentType=self._media_type)
            else:
                self._parts.insert(0, self._sent_part(self._upload_id, 1, self._first))
                self._complete(self._upload_id)
            self._upload_id = None
            self._close()

    def abandon(self) -> None:
        """Forget what was written."""
        upload_id, self._upload_id = self._upload_id, None
        self._close()
        if upload_id is not None:
            with _mapped_errors(self._place["Key"]):
                self._client.abort_multipart_upload(**self._place, UploadId=upload_id)

    def _send_later(self) -> None:
        if self._upload_id is None:
            begun = self._client.create_multipart_upload(**self._place, ContentType=self._media_type)
            self._upload_id = str(begun["UploadId"])
        self._later.seek(0)
        self._parts.append(self._sent_part(self._upload_id, len(self._parts) + 2, self._later))
        self._later.seek(0)
        self._later.truncate()

    def _complete(self, upload_id: str) -> None:
        try:
            self._client.complete_multipart_upload(
                **self._place, UploadId=upload_id, MultipartUpload={"Parts": self._parts}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
            # boto3 asks again after a lost reply: then the upload is over because it was completed.
            if not self._is_there():
                raise

    def _is_there(self) -> bool:
        try:
            return bool(self._client.head_object(**self._place)["ContentLength"] == self._size)
        except ClientError:
            return False

    def _sent_part(self, upload_id: str, number: int, body: IO[bytes]) -> dict[str, Any]:
        sent = self._client.upload_part(**self._place, UploadId=upload_id, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": sent["ETag"]}

    def _close(self) -> None:
        self._first.close()
        self._later.close()


class S3Blob:
    """Blob."""

    def __init__(self, client: Any, place: dict[str, str], size_bytes: int) -> None:
        self._client = client
        self._place = place
        self._size = size_bytes

    @property
    def size_bytes(self) -> int:
        """Of all of it."""
        return self._size

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`."""
        if start >= stop:
            return
        with _mapped_errors(self._place["Key"]):
            reply = self._client.get_object(**self._place, Range=f"bytes={start}-{stop - 1}")
            with contextlib.closing(reply["Body"]) as body:
                yield from body.iter_chunks(CHUNK_BYTES)

    def url(self, lifetime_s: int) -> str | None:
        """A presigned URL."""
        return str(self._client.generate_presigned_url("get_object", Params=self._place, ExpiresIn=lifetime_s))


@contextlib.contextmanager
def _mapped_errors(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise NotFound("blob", key) from None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise StoreError(f"the blob store failed: {code}", retryable=status >= _REJECTED_BELOW) from error
    except BotoCoreError as error:
        raise StoreError(f"the blob store failed: {type(error).__name__}", retryable=True) from error
    except OSError as error:
        raise StoreError(f"the blob store failed: {error.strerror}", retryable=True) from error
