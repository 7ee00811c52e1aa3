"""Forms with which clients send blobs: the client's own steps, to a bucket and to this machine."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from callauth.upload_forms import SignedUploadForms
from callcore.errors import InvalidInput
from callcore.knowledge.ports import UploadForms
from callcore.ports import BlobStore
from callstore.aws.clients import FORM_CONFIG, aws_client
from callstore.aws.s3 import S3BlobStore
from callstore.aws.s3_uploads import S3UploadForms
from callstore.files import FilesBlobStore
from infra.local.uploads import PATH, uploads_app
from tests.clocks import ManualClock
from tests.peers.aws import CREDENTIALS, ENDPOINT, serve_aws

KEY = "uploads.acc_ann/0a0b_menu.md"
CONTENT = "Crêpes\r\n--a: 5 €\n".encode()


@dataclass(frozen=True)
class Place:
    """Where forms lead, and what lies there."""

    forms: UploadForms
    blobs: BlobStore
    post: Callable[[str, dict[str, str], bytes], int]
    """To an address, fields and a file; the status."""


@contextmanager
def here(directory: Path) -> Iterator[Place]:
    blobs = FilesBlobStore(directory / "blobs")
    forms = SignedUploadForms(f"http://testserver{PATH}", "s" * 32, ManualClock())
    with TestClient(uploads_app(forms, blobs)) as client:
        yield Place(forms, blobs, lambda url, fields, file: client.post(url, data=fields, files=sent(file)).status_code)


@contextmanager
def on_aws(directory: Path) -> Iterator[Place]:
    serve_aws()
    client = aws_client("s3")
    client.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with httpx2.Client(trust_env=False) as http:
        yield Place(
            S3UploadForms(aws_client("s3", FORM_CONFIG), "uploads"),
            S3BlobStore(client, "uploads"),
            lambda url, fields, file: http.post(url, data=fields, files=sent(file)).status_code,
        )


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {"here": here, "s3": on_aws}


@pytest.fixture(params=sorted(PLACES), scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with PLACES[request.param](tmp_path_factory.mktemp("uploads")) as opened:
        yield opened


def sent(file: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("../menü.md", file, "text/plain")}


def test_what_is_sent_with_a_form_lies_at_its_key(place: Place) -> None:
    form = place.forms.form(KEY, 1000, 60)
    assert form.fields["key"] == KEY
    assert place.post(form.url, form.fields, CONTENT) in (200, 204)
    blob = place.blobs.open(KEY)
    assert b"".join(blob.chunks(0, blob.size_bytes)) == CONTENT


def test_a_key_of_another_form_is_refused(place: Place) -> None:
    with pytest.raises(InvalidInput):
        place.forms.form("uploads.acc_ann/../x", 1000, 60)


def test_a_bucket_is_told_what_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it makes of that is Amazon's; the copy of it does not check."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(ENDPOINT, raising=False)
    form = S3UploadForms(aws_client("s3", FORM_CONFIG), "uploads").form(KEY, 1000, 60)
    assert form.url == "https://uploads.s3.eu-central-1.amazonaws.com/"
    policy = json.loads(b64decode(form.fields["policy"]))
    assert {"key": KEY} in policy["conditions"]
    assert ["content-length-range", 1, 1000] in policy["conditions"]
    assert {"bucket": "uploads"} in policy["conditions"]
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert form.fields.keys() >= {"key", "policy", "x-amz-credential", "x-amz-date", "x-amz-signature"}
