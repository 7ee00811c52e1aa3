"""The messages of /millis as JSON Schema and as TypeScript types, for clients in other languages.

`python -m callcore.wire.schema > widget/wire/schema.json` and, with `--types`,
`> widget/wire/messages.d.ts`. What the worker sends is read off the frames that `to_wire` really
makes, so the schema cannot promise a field that is not on the wire.
"""

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from callcore.tools.web_form import FormField, WebForm
from callcore.wire.client import KEYS, MAX_TYPED_CHARS, Initiate, ServerMessage, to_wire

Schema = Mapping[str, Any]

_ANYTHING = "anything"
_SAMPLES: Mapping[Any, Any] = {
    str: "text",
    str | None: "text",
    bool: True,
    int: 1,
    int | None: None,
    Any: _ANYTHING,
    Mapping[str, Any]: {},
    WebForm | None: WebForm("text", (FormField("text", "text", "text", required=True, value=_ANYTHING),)),
}
"""One value for each type of a message's field."""


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with the definitions `ClientMessage` and `ServerMessage`."""
    initiate = Initiate.model_json_schema(by_alias=False)
    definitions = {name: _without_prose(part) for name, part in initiate.pop("$defs").items()}
    definitions["Initiate"] = _without_prose(initiate)
    definitions["ClientMessage"] = {
        "oneOf": [
            _object({"method": {"const": "initiate"}, "data": {"$ref": "#/$defs/Initiate"}}),
            _object({"method": {"const": "ping"}, "data": {}}, optional=("data",)),
            _object({"method": {"const": "function_result"}, "data": _FUNCTION_RESULT}),
            _object({"method": {"const": "user_text"}, "data": {"type": "string", "maxLength": MAX_TYPED_CHARS}}),
            _object({"method": {"const": "dtmf"}, "data": {"type": "string", "pattern": KEYS}}),
            _object({"method": {"const": "voice"}, "data": {"type": "boolean"}}),
        ]
    }
    definitions["ServerMessage"] = {"oneOf": [_frame_schema(kind) for kind in get_args(ServerMessage)]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}


def _frame_schema(kind: Any) -> Schema:
    fields = dataclasses.fields(kind)
    needed = [field for field in fields if field.default is field.default_factory is dataclasses.MISSING]
    fullest, barest = (
        json.loads(to_wire(kind(**{field.name: _SAMPLES[field.type] for field in chosen})))
        for chosen in (fields, needed)
    )
    return {"title": kind.__name__, **_shape(fullest, barest)}


def _shape(value: Any, barest: Any, key: str = "") -> Schema:
    """The schema of a value; what the same object has not in its barest form is optional."""
    if key == "method":
        return {"const": value}
    if isinstance(value, dict):
        bare = barest if isinstance(barest, dict) else value
        parts = {name: _shape(part, bare.get(name), name) for name, part in value.items()}
        return _object(parts, optional=[name for name in value if name not in bare]) if parts else {"type": "object"}
    if isinstance(value, list):
        return {"type": "array", "items": _shape(value[0], None)}
    if value == _ANYTHING:
        return {}
    if value is None:
        return {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    return {"type": {bool: "boolean", int: "integer", str: "string"}[type(value)]}


def _object(properties: Schema, optional: Sequence[str] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


_FUNCTION_RESULT = _object(
    {"call_id": {"type": "string"}, "values": {"anyOf": [{"type": "object"}, {"type": "null"}]}}, optional=("values",)
)


def _without_prose(part: Any) -> Any:
    """The schema without descriptions: they are for readers of the Python source."""
    if isinstance(part, dict):
        return {name: _without_prose(value) for name, value in part.items() if name != "description"}
    if isinstance(part, list):
        return [_without_prose(value) for value in part]
    return part


def typescript(of: Schema) -> str:
    """The definitions of `schema()` as a TypeScript declaration file."""
    lines = ["// Generated from callcore.wire by `python -m callcore.wire.schema --types`. Do not edit."]
    for name, definition in of["$defs"].items():
        lines.append(f"export type {name} = {_type(definition)};")
    return "\n\n".join(lines) + "\n"


_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _type(part: Schema) -> str:
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "const" in part:
        return json.dumps(part["const"])
    for union in ("oneOf", "anyOf"):
        if union in part:
            return " | ".join(_type(member) for member in part[union])
    kind = part.get("type")
    if kind == "object":
        return _object_type(part)
    if kind == "array":
        return f"ReadonlyArray<{_type(part['items'])}>"
    return _PRIMITIVES[kind] if kind else "unknown"


def _object_type(part: Schema) -> str:
    if "properties" not in part:
        return "Record<string, unknown>"
    required = part.get("required", ())
    members = (
        f"{name}{'' if name in required else '?'}: {_type(member)}" for name, member in part["properties"].items()
    )
    return "{ " + "; ".join(members) + " }"


def main(arguments: Sequence[str]) -> None:
    """Write the schema, or with `--types` the TypeScript types, to standard output."""
    text = typescript(schema()) if "--types" in arguments else json.dumps(schema(), indent=2) + "\n"
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
