import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callauth.upload_forms import SignedUploadForms
from callcore.knowledge.files import MAX_FILE_BYTES
from callstore.files import FilesBlobStore
from infra.local.uploads import KEPT_S, PATH, forget_old, uploads_app
from tests.clocks import ManualClock

KEY = "uploads.acc_ann/0a_menu.md"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def forms(clock: ManualClock) -> SignedUploadForms:
    return SignedUploadForms(PATH, "s" * 32, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> FilesBlobStore:
    return FilesBlobStore(tmp_path)


@pytest.fixture
def client(forms: SignedUploadForms, blobs: FilesBlobStore) -> Iterator[TestClient]:
    with TestClient(uploads_app(forms, blobs)) as opened:
        yield opened


def post(client: TestClient, fields: dict[str, str], file: bytes = b"text") -> tuple[int, str]:
    reply = client.post(PATH, data=fields, files={"file": ("x", file)})
    assert reply.headers["access-control-allow-origin"] == "*"
    return reply.status_code, reply.text


def test_a_form_is_good_until_it_expires(client: TestClient, forms: SignedUploadForms, clock: ManualClock) -> None:
    fields = forms.form(KEY, 100, 60).fields
    assert post(client, fields) == (204, "")
    clock.advance(60)
    assert post(client, fields) == (403, "the form has expired: ask for a new one")


def test_what_is_forged_is_refused(client: TestClient, forms: SignedUploadForms, blobs: FilesBlobStore) -> None:
    fields = forms.form(KEY, 100, 60).fields
    other = forms.form("uploads.acc_bob/0b_menu.md", 100, 60).fields
    strange = SignedUploadForms(PATH, "t" * 32, forms.clock).form(KEY, 100, 60).fields
    for forged in ({}, {"key": KEY}, fields | {"signature": "é"}, fields | {"policy": other["policy"]}, strange):
        assert post(client, forged) == (403, "the form is not one of ours")
    assert post(client, fields | {"key": other["key"]}) == (403, "the form is for another key")
    assert not list(blobs.root.iterdir())


@pytest.mark.parametrize("file", [b"", b"x" * 101])
def test_the_form_says_how_long_the_file_may_be(client: TestClient, forms: SignedUploadForms, file: bytes) -> None:
    status, told = post(client, forms.form(KEY, 100, 60).fields, file)
    assert (status, told) == (400, f"file: has {len(file)} bytes, and may have 1 to 100")


def test_no_more_is_read_than_any_form_allows(client: TestClient, forms: SignedUploadForms) -> None:
    status, told = post(client, forms.form(KEY, 10**9, 60).fields, bytes(MAX_FILE_BYTES + 70_000))
    assert (status, told) == (400, "the file is larger than 2 MiB")


def test_another_body_is_refused(client: TestClient) -> None:
    reply = client.post(PATH, json={"key": KEY})
    assert (reply.status_code, reply.text) == (400, "the body is no multipart/form-data")


def test_what_nobody_took_in_is_deleted_after_a_day(
    client: TestClient, forms: SignedUploadForms, blobs: FilesBlobStore
) -> None:
    post(client, forms.form(KEY, 100, 60).fields)
    sent_at = (blobs.root / KEY).stat().st_mtime
    kept = blobs.root / "knowledge/acc_ann/0c"
    kept.parent.mkdir(parents=True)
    kept.write_text("kept")
    os.utime(kept, (0, 0))
    forget_old(blobs.root, sent_at + KEPT_S)
    assert (blobs.root / KEY).exists()
    forget_old(blobs.root, sent_at + KEPT_S + 1)
    assert not (blobs.root / KEY).exists()
    assert kept.exists()


def test_an_upload_that_is_taken_in_meanwhile_is_nobodys_error(blobs: FilesBlobStore) -> None:
    """It is listed, and not there."""
    gone = blobs.root / KEY
    gone.parent.mkdir(parents=True)
    gone.symlink_to("nowhere")
    forget_old(blobs.root, KEPT_S)


def test_a_disk_that_takes_nothing_is_not_the_senders_fault(
    client: TestClient, forms: SignedUploadForms, blobs: FilesBlobStore
) -> None:
    (blobs.root / KEY).parent.write_text("no folder")
    status, _ = post(client, forms.form(KEY, 100, 60).fields)
    assert status == 503
