"""What a form of the console brings: read within limits, and only when the form was one of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

from callauth.console import is_form_proof
from callcore.errors import InvalidInput, NotAllowed
from callcore.multipart import FORM, Part, form_parts
from playground.visit import Visitor

MAX_BODY_BYTES = 2 * 1024 * 1024
"""A whole configuration, every character of which may be three in a form."""
MAX_UPLOAD_KIB = 700
"""Of a file: a balancer brings a function bodies of 1 MB at most."""
MAX_FIELDS = 5_000
PROOF = "proof"
"""The field of every form that shows where it comes from."""


@dataclass(frozen=True)
class Form:
    """The fields, each with all its values in order."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Part] = field(default_factory=dict)
    """Those of file inputs, also where none was chosen."""

    def text(self, name: str, default: str = "") -> str:
        """The field without space around it; lines end as they do in Python."""
        return self.table(name).strip() if name in self.fields else default

    def table(self, name: str) -> str:
        """The field with the space around it, which may be an empty cell."""
        values = self.fields.get(name)
        return values[-1].replace("\r\n", "\n") if values else ""

    def several(self, name: str) -> tuple[str, ...]:
        """Every value of the field that is not blank: of checkboxes, or of rows."""
        return tuple(value.strip() for value in self.fields.get(name, ()) if value.strip())

    def file(self, name: str) -> Part:
        """What was chosen in the file input; empty when nothing was."""
        return self.files.get(name, Part(b""))

    def file_table(self, name: str) -> str:
        """What was chosen in the file input, as `table` gives it. Raises InvalidInput."""
        text = _decoded(self.file(name), "the file is no text in UTF-8: save it as CSV UTF-8")
        return text.replace("\r\n", "\n")

    def is_checked(self, name: str) -> bool:
        """Whether the checkbox was checked."""
        return bool(self.text(name))


async def read_form(request: Request) -> Form:
    """The body of the request, whoever sent it. Raises InvalidInput."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise InvalidInput(f"the form is larger than {MAX_BODY_BYTES // 2**20} MiB")
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == FORM:
        return _with_files(form_parts(kind, bytes(body)))
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidInput("the form cannot be read") from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def _with_files(parts: Sequence[tuple[str, Part]]) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    for name, part in parts[:MAX_FIELDS]:
        if not part.is_file:
            fields[name] = (*fields.get(name, ()), _decoded(part, "the form cannot be read"))
    return Form(fields, {name: part for name, part in parts if part.is_file})


def _decoded(part: Part, otherwise: str) -> str:
    try:
        return part.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(otherwise) from None


def check_form(request: Request, form: Form, secret: str | None) -> None:
    """Raises NotAllowed when the form is no form of ours in the browser that keeps `secret` in a cookie."""
    # A browser says by itself whether another site has made it send this (W3C Fetch Metadata).
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if foreign or secret is None or not is_form_proof(form.text(PROOF), secret, request.url.path):
        raise NotAllowed("this form is out of date, or was not one of the console's; nothing was changed")


async def _posted(request: Request, visit: Visitor) -> Form:
    form = await read_form(request)
    check_form(request, form, str(visit.cookie))
    return form


Posted = Annotated[Form, Depends(_posted)]
"""The form that somebody who is signed in has sent. Raises InvalidInput, and NotAllowed for a forged one."""
