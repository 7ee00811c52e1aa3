"""Whether a request is one that Twilio's own description of its API knows: names, required ones, kinds, patterns.

The facts are those of Twilio's OpenAPI file, for what we ask of it (tests/vectors/twilio_api_v2010.json).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

OPERATIONS: Mapping[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/twilio_api_v2010.json").read_text())
MAX_TWIML_CHARS = 4000
_KINDS = {
    "integer": re.compile(r"\d+"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
    "phone-number": re.compile(r"\+[1-9]\d{2,14}"),
    "endpoint": re.compile(r"\+[1-9]\d{2,14}|sip:.+|client:.+"),
}


def problems(operation: str, fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with the fields of a request; nothing when Twilio knows it."""
    known, given = OPERATIONS[operation], tuple(fields)
    names = [name for name, _ in given]
    yield from (f"{name} is missing" for name in known["required"] if name not in names)
    for name in dict.fromkeys(names):
        if name not in known["parameters"]:
            yield f"{name} is no parameter of {operation}"
        elif names.count(name) > 1 and not known["parameters"][name].get("repeated"):
            yield f"{name} stands there twice"
    for name, value in given:
        # A blank value takes a setting away.
        if value and name in known["parameters"] and not _fits(known["parameters"][name], value):
            yield f"{name} is no {known['parameters'][name]['kind']}"


def _fits(wanted: Mapping[str, Any], value: str) -> bool:
    if "enum" in wanted and value not in wanted["enum"]:
        return False
    if "pattern" in wanted and not re.fullmatch(wanted["pattern"], value):
        return False
    kind = wanted["kind"]
    if kind in _KINDS and not _KINDS[kind].fullmatch(value):
        return False
    if kind == "integer":
        return bool(wanted.get("minimum", 0) <= int(value) <= wanted.get("maximum", 2**31))
    return _reads(kind, value)


def _reads(kind: str, value: str) -> bool:
    try:
        match kind:
            case "uri":
                parts = urlsplit(value)
                # A host name with an underscore is none for Twilio (its description of StatusCallback).
                return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in parts.netloc
            case "twiml":
                return len(value) <= MAX_TWIML_CHARS and ElementTree.fromstring(value).tag == "Response"
            case "date-time":
                datetime.fromisoformat(value)
    except (ValueError, ElementTree.ParseError):
        return False
    return True
