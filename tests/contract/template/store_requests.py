"""What a process asks of AWS, as its code says: which stores it opens, and which of their methods are called.

By names, and so rather too much than too little: a method of a store counts when any module that the process can
import calls one of that name, and a function of the stores when it is named in one that counts.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import grimp

from callcore.clock import SystemClock
from callstore.aws.stores import AwsStores
from tests.contract.template.translated import ROOT

DYNAMO = ROOT / "functions/callstore/dynamo"
PACKAGES = (
    *("callauth", "callcore", "callnet", "callstore", "carriers", "observability", "media_worker"),
    *("api", "call_events", "playground", "telephony_webhook", "widget_page"),
)
ADAPTERS = ("callstore.aws", "callstore.dynamo", "callstore.sqlite", "callstore.files", "callstore.long_chats")
"""What they call they are asked for themselves."""

READS = {"get": "GetItem", "query": "Query", "get_many": "BatchGetItem", "write_many": "BatchWriteItem"}
"""Methods of DynamoTable that are one request; the others send what these functions make, each with its right:"""
WRITES = {"put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem", "check": "ConditionCheckItem"}
TABLES = ("self._table", "table")
"""What a DynamoTable is called."""
OUTBOX = {"keep": "put_report", "read": "find_report", "drop": "delete_report", "delete_expired": "delete_expired"}
"""What is done with the outbox by those who may seal and open, and what that is of its store."""
SEALING = {"without_private": "keep", "register_call": "keep", "with_its_metadata": "read"}
"""callstore.private_calls."""
BLOBS = {
    "open": {"s3:GetObject", "s3:ListBucket"},  # without the second one S3 answers 403 for what is not there
    "create": {"s3:PutObject"},
    "delete": {"s3:DeleteObject"},
    "abandon": {"s3:AbortMultipartUpload"},
}


@dataclass(frozen=True)
class _Function:
    owner: str | None
    name: str
    asks: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Of functions that it may call."""


def table_actions(entry: str) -> set[str]:
    """What the process that begins with a module asks of the table."""
    stores = _stores()
    called = {node.attr for module in _imported_by(entry) for node in _attributes(module)}
    own = {name for module in _own_modules(entry) for name in _names(module)}
    classes = {owner for port, owner in stores.items() if port in own} | (own & set(stores.values()))
    return _dynamo_actions(classes - {stores["outbox"]}, called)


def outbox_actions(entry: str) -> set[str]:
    """What it asks of the outbox; how that is called is too common for names alone."""
    done = {
        node.attr
        for module in _own_modules(entry)
        for node in _attributes(module)
        if ast.unparse(node.value).rpartition(".")[2] in ("reports", "private", "outbox")
    }
    done |= {SEALING[name] for module in _own_modules(entry) for name in _names(module) if name in SEALING}
    return _dynamo_actions({_stores()["outbox"]}, {OUTBOX[name] for name in done & OUTBOX.keys()})


def _dynamo_actions(classes: set[str], called: set[str]) -> set[str]:
    asked = (one for one in _functions() if one.owner in classes and one.name in called)
    return {f"dynamodb:{action}" for one in asked for action in _asked_by(one, set())}


def blob_actions(entry: str) -> set[str]:
    """What it asks of the bucket."""
    modules = _imported_by(entry)
    if _opens_long_chats(entry):
        modules |= {"callstore.long_chats"}
    asked = {
        node.attr
        for module in modules
        for node in _attributes(module)
        if node.attr == "abandon" or ast.unparse(node.value).endswith("blobs")
    }
    return {action for name in asked & BLOBS.keys() for action in BLOBS[name]}


def tables_named() -> set[str]:
    """How the stores call what they send requests through."""
    methods = {*READS, "write", "write_once"} - {"get"}
    return {
        ast.unparse(node.value)
        for path in DYNAMO.glob("*.py")
        if path.stem != "table"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in methods
    }


def makers_of_writes() -> set[str]:
    """The functions whose result is sent as a write."""
    definitions = (node for node in _tree("callstore.dynamo.table").body if isinstance(node, ast.FunctionDef))
    return {one.name for one in definitions if one.returns is not None and ast.unparse(one.returns) == "Write"}


def operations() -> set[str]:
    """What boto3's clients are asked for by the adapters."""
    folders = (ROOT / "functions/callstore/aws", DYNAMO)
    trees = (ast.parse(path.read_text()) for folder in folders for path in folder.glob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if ast.unparse(node.value) == "self._client"}


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _imported_by(entry: str) -> set[str]:
    """The modules that the process can import, but the adapters of the stores."""
    found = _graph().find_upstream_modules(entry) | {entry}
    return {module for module in found if not module.startswith(ADAPTERS)}


def _own_modules(entry: str) -> set[str]:
    """Those that stand above the stores, and are nobody else's."""
    return {module for module in _imported_by(entry) if module.split(".")[0] == entry.split(".")[0]}


def _opens_long_chats(entry: str) -> bool:
    calls = (node for module in _own_modules(entry) for node in ast.walk(_tree(module)))
    opened = (node for node in calls if isinstance(node, ast.Call) and ast.unparse(node.func) == "AwsStores")
    return any(keyword.arg == "blobs" for node in opened for keyword in node.keywords)


@cache
def _tree(module: str) -> ast.Module:
    folder = ROOT if module.startswith("media_worker") else ROOT / "functions"
    path = folder.joinpath(*module.split("."))
    return ast.parse((path / "__init__.py" if path.is_dir() else Path(f"{path}.py")).read_text())


def _attributes(module: str) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(_tree(module)) if isinstance(node, ast.Attribute))


def _names(module: str) -> Iterator[str]:
    yield from (node.attr for node in _attributes(module))
    yield from (node.id for node in ast.walk(_tree(module)) if isinstance(node, ast.Name))


@cache
def _stores() -> Mapping[str, str]:
    """The adapters of the ports on DynamoDB, by what AwsStores calls them."""
    opened = vars(AwsStores("table", {}, SystemClock(), lambda _: None, outbox_table="outbox"))
    modules = {name: type(store) for name, store in opened.items() if not name.startswith("_")}
    return {name: kind.__name__ for name, kind in modules.items() if kind.__module__.startswith("callstore.dynamo.")}


@cache
def _functions() -> tuple[_Function, ...]:
    found = []
    for path in sorted(DYNAMO.glob("*.py")):
        if path.stem not in ("table", "keys"):
            tree = ast.parse(path.read_text())
            found += [_read(None, node) for node in tree.body if isinstance(node, ast.FunctionDef)]
            owners = [node for node in tree.body if isinstance(node, ast.ClassDef)]
            found += [_read(one.name, node) for one in owners for node in one.body if isinstance(node, ast.FunctionDef)]
    return tuple(found)


def _read(owner: str | None, definition: ast.FunctionDef) -> _Function:
    function = _Function(owner, definition.name)
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            function.names.add(node.id)
            function.asks.update({WRITES[node.id]} if node.id in WRITES else ())
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in TABLES and node.attr in READS:
            function.asks.add(READS[node.attr])
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value).startswith("self"):
            function.names.add(node.attr)
    return function


def _asked_by(function: _Function, seen: set[int]) -> set[str]:
    asks = set(function.asks)
    for one in _functions():
        if one.name in function.names and id(one) not in seen:
            seen.add(id(one))
            asks |= _asked_by(one, seen)
    return asks
