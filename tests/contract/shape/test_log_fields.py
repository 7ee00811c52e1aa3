"""Log lines are constant messages with fields that callcore.logkeys names."""

import ast
from collections.abc import Iterator
from pathlib import Path

from callcore.logkeys import PERSONAL, SAFE

ROOT = Path(__file__).parents[3]
SOURCES = sorted(path for folder in ("functions", "media_worker", "infra") for path in (ROOT / folder).rglob("*.py"))
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def log_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            logger = node.func.value
            if isinstance(logger, ast.Name) and logger.id.strip("_") in {"log", "logger"}:
                yield node


def fields_of(call: ast.Call, tree: ast.Module) -> ast.Dict | None:
    """The literal that `extra` is, or that the name in it was given."""
    extra = next((keyword.value for keyword in call.keywords if keyword.arg == "extra"), None)
    if isinstance(extra, ast.Name):
        assignments = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
        extra = next(node.value for node in assignments if ast.unparse(node.targets[0]) == ast.unparse(extra))
    assert extra is None or isinstance(extra, ast.Dict), f"line {call.lineno}: extra is no literal"
    return extra


def used_names() -> dict[str, str]:
    """Every field's name, and one place that uses it."""
    used = {}
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        for call in log_calls(tree):
            fields = fields_of(call, tree)
            for key in fields.keys if fields else ():
                assert isinstance(key, ast.Constant), f"{path}:{call.lineno}"
                used[str(key.value)] = f"{path.relative_to(ROOT)}:{call.lineno}"
    return used


def is_constant(message: ast.expr) -> bool:
    if isinstance(message, ast.IfExp):
        return is_constant(message.body) and is_constant(message.orelse)
    return isinstance(message, ast.Constant)


def test_every_message_is_constant() -> None:
    for path in SOURCES:
        for call in log_calls(ast.parse(path.read_text())):
            assert len(call.args) == 1, f"{path}:{call.lineno}"
            assert is_constant(call.args[0]), f"{path}:{call.lineno}"


def test_every_field_is_listed_and_every_listed_field_is_used() -> None:
    used = used_names()
    assert {name: place for name, place in used.items() if name not in SAFE.keys() | PERSONAL.keys()} == {}
    assert set(used) == SAFE.keys() | PERSONAL.keys()


def test_a_field_is_safe_or_personal() -> None:
    assert not SAFE.keys() & PERSONAL.keys()
