"""Bodies of `multipart/form-data` (RFC 7578): a form with a file."""

from dataclasses import dataclass

from callcore.errors import InvalidInput

FORM = "multipart/form-data"
MAX_PARTS = 1_000
MAX_HEAD_BYTES = 1_024
"""Of the header lines of one part: the library's reader of them takes longer than their length."""


@dataclass(frozen=True)
class Part:
    """One field."""

    content: bytes
    file_name: str | None = None
    """As its sender calls it; empty: no file was chosen; None: it is no file."""

    @property
    def is_file(self) -> bool:
        """Whether it is of a file input."""
        return self.file_name is not None


def form_parts(content_type: str, body: bytes) -> list[tuple[str, Part]]:
    """The fields with their names, in order. Raises InvalidInput.

    The body is cut at its boundary once. A part is never looked into: the library's parser of whole messages follows
    parts within parts as deep as they go, and strangers may send such a form.
    """
    # Only now: few forms have files.
    from email.message import Message

    said = Message()
    said["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = said.get_boundary()
    if said.get_content_type() != FORM or not boundary:
        raise InvalidInput(f"the body is no {FORM}")
    # RFC 2046 5.1.1: the line end before a boundary is the boundary's.
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"), MAX_PARTS + 2)
    if len(pieces) > MAX_PARTS + 1:
        raise InvalidInput(f"the form has more than {MAX_PARTS} fields")
    parts: list[tuple[str, Part]] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return parts
        parts += _part(piece)
    raise InvalidInput("the form ends before its last boundary")


def _part(piece: bytes) -> list[tuple[str, Part]]:
    """What stands between two boundaries; nothing when it has no name."""
    from email.parser import HeaderParser

    head, end, content = piece.partition(b"\r\n\r\n")
    if not end or len(head) > MAX_HEAD_BYTES:
        raise InvalidInput("the form cannot be read")
    # Browsers send names in UTF-8 as they are (RFC 7578 4.2).
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip())
    name = headers.get_param("name", header="content-disposition")
    return [(name, Part(content, headers.get_filename()))] if isinstance(name, str) else []
