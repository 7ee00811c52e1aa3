"""Takes files that clients send with a signed form, as a bucket does on AWS (callauth/upload_forms.py)."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callauth.upload_forms import SignedUploadForms
from callcore.errors import CallError, InvalidInput
from callcore.knowledge.files import MAX_FILE_BYTES, UPLOADS
from callcore.multipart import Part, form_parts
from callnet.http_status import status_of
from callstore.files import FilesBlobStore

PATH = "/knowledge/uploads"
KEPT_S = 24 * 3600
"""What nobody has taken in after so long is deleted, as the bucket's life cycle does it."""
_MAX_BODY_BYTES = MAX_FILE_BYTES + 64 * 1024
"""With the fields of the form."""
_ANY_PAGE = {"Access-Control-Allow-Origin": "*"}
"""A form is its own proof, as it is in a bucket."""


def uploads_app(forms: SignedUploadForms, blobs: FilesBlobStore) -> Starlette:
    """Stores what comes with these forms."""

    async def take(request: Request) -> Response:
        try:
            parts = dict(form_parts(request.headers.get("content-type", ""), await _body(request)))
            await run_in_threadpool(_store, forms, blobs, parts)
        except CallError as error:
            return PlainTextResponse(str(error), status_of(error) or HTTPStatus.INTERNAL_SERVER_ERROR, _ANY_PAGE)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_ANY_PAGE)

    return Starlette(routes=[Route(PATH, take, methods=["POST"])])


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise InvalidInput(f"the file is larger than {MAX_FILE_BYTES // 2**20} MiB")
    return bytes(body)


def _store(forms: SignedUploadForms, blobs: FilesBlobStore, parts: Mapping[str, Part]) -> None:
    """Raises InvalidInput, NotAllowed and StoreError."""
    allowed = forms.check({name: part.content.decode("latin-1") for name, part in parts.items() if name != "file"})
    content = parts["file"].content if "file" in parts else b""
    if not 1 <= len(content) <= allowed.max_bytes:
        raise InvalidInput(f"file: has {len(content)} bytes, and may have 1 to {allowed.max_bytes}")
    writer = blobs.create(allowed.key, "application/octet-stream")
    writer.append(content)
    writer.finish(b"")
    forget_old(blobs.root, (blobs.root / allowed.key).stat().st_mtime)


def forget_old(root: Path, now: float) -> None:
    """Delete uploads that nobody has taken in; `now` by the file system's clock, which notes the times of files."""
    for path in root.glob(f"{UPLOADS}*/*"):
        with suppress(FileNotFoundError):  # somebody has taken it in meanwhile
            if path.stat().st_mtime < now - KEPT_S:
                path.unlink()
