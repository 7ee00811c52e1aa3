"""Bodies of `multipart/form-data` (RFC 7578): a form with a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcore.errors import InvalidInput

if TYPE_CHECKING:
    from email.message import Message

FORM = "multipart/form-data"


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
    """The fields with their names, in order. Raises InvalidInput."""
    # Only now: few forms have files.
    import email
    import email.policy

    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    if message.get_content_type() != FORM or not message.is_multipart():
        raise InvalidInput(f"the body is no {FORM}")
    parts: list[tuple[str, Part]] = []
    for part in message.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts.append((name, Part(content, _file_name(part))))
    return parts


def _file_name(part: "Message") -> str | None:
    """Browsers send it in UTF-8 as it is (RFC 7578 4.2), which the parser keeps as surrogates."""
    name = part.get_filename()
    return None if name is None else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
