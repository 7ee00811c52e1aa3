"""The `c` parameter of the page: base64 of zlib of JSON that says how the widget looks (protocol.md 3).

A look is a visitor's input and never worth an error: what cannot be used is left out, and a warning for
the browser's console says so.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_ENCODED_CHARS = 8 * 1024
MAX_JSON_BYTES = 32 * 1024
"""A stream that unpacks to more is a bomb, or no look."""
MAX_TITLE_CHARS = 80
MAX_CSS_CHARS = 4_000
SIZE_RANGE_PX = (24, 600)
_FACES = ("idle", "connecting", "running")
ATTRIBUTES = frozenset(
    (
        "variant",
        "theme",
        "language",
        "strings",
        "text-input",
        "consent-text",
        "consent-version",
        "mute",
        "devices",
        "transport",
    )
)
"""Of `<parley-call>` (widget/README.md) those that a look may set: whom it calls, and as whom, is not among them."""


@dataclass(frozen=True)
class DecodedLook:
    """What could be used, and what to say about the rest."""

    look: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


class _Unusable(Exception):
    """Why a look or a part of it is ignored; the message is for the console."""


def decode_look(encoded: str | None) -> DecodedLook:
    """The look of a `c` parameter; an empty one when there is none or it cannot be read."""
    if not encoded:
        return DecodedLook({})
    try:
        given = _unpack(encoded)
    except _Unusable as reason:
        return DecodedLook({}, (f"the look (c=) is ignored: {reason}",))
    look: dict[str, Any] = {}
    warnings = []
    for key, value in given.items():
        if value is None:
            continue
        try:
            look[key] = _reader(key)(value)
        except _Unusable as reason:
            warnings.append(f"{key[:MAX_TITLE_CHARS]} of the look is ignored: {reason}")
    return DecodedLook(look, tuple(warnings))


def _unpack(encoded: str) -> Mapping[str, Any]:
    if len(encoded) > MAX_ENCODED_CHARS:
        raise _Unusable(f"it is longer than {MAX_ENCODED_CHARS} characters")
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(_from_base64(encoded), MAX_JSON_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        raise _Unusable("it is not base64 of zlib") from None
    if not unpacker.eof:
        raise _Unusable(f"it is cut off, or unpacks to more than {MAX_JSON_BYTES} bytes")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise _Unusable("it does not hold JSON") from None
    if not isinstance(given, dict):
        raise _Unusable("its JSON is not an object")
    return given


def _from_base64(encoded: str) -> bytes:
    """Either alphabet, with or without padding; a space is a plus that a form decoder has eaten."""
    standard = encoded.strip("\r\n\t").translate(str.maketrans(" -_", "++/")).rstrip("=")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _text(max_chars: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise _Unusable("it is not a text")
        if len(value) > max_chars:
            raise _Unusable(f"it is longer than {max_chars} characters")
        return value

    return read


def _faces(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Unusable("it is not an object")
    return {face: _text(MAX_TITLE_CHARS)(value[face]) for face in _FACES if value.get(face) is not None}


def _size(value: Any) -> float:
    try:
        size = float(value.removesuffix("px") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        raise _Unusable("it is not a number of pixels") from None
    smallest, largest = SIZE_RANGE_PX
    if isinstance(value, bool) or not smallest <= size <= largest:
        raise _Unusable(f"it is not from {smallest} to {largest} pixels")
    return size


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unusable("it is neither true nor false")
    return value


def _attributes(value: Any) -> dict[str, str]:
    """Ours: attributes of the element by name; JSON for those that hold an object."""
    if not isinstance(value, dict):
        raise _Unusable("it is not an object")
    if unknown := sorted(set(value) - ATTRIBUTES):
        raise _Unusable(f"{unknown[0][:MAX_TITLE_CHARS]} is none that a look may set")
    return {name: _attribute(given) for name, given in value.items() if given is not None}


def _attribute(given: Any) -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    return _text(MAX_CSS_CHARS)(text)


def _region(value: Any) -> str:
    raise _Unusable("this host serves every region")


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "titles": _faces,
    "icons": _faces,
    "buttonCss": _text(MAX_CSS_CHARS),
    "formCss": _text(MAX_CSS_CHARS),
    "background": _text(MAX_CSS_CHARS),
    "size": _size,
    "transcript": _flag,
    "region": _region,
    "attributes": _attributes,
}


def _reader(key: str) -> Callable[[Any], Any]:
    try:
        return _READERS[key]
    except KeyError:
        raise _Unusable("no look has such a key") from None
