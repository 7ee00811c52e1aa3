"""Files, functions, classes and ports stay small enough to be read in one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted(path for folder in ("functions", "media_worker", "infra") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULE_LINES, TEST_MODULE_LINES, FUNCTION_LINES, CLASS_LINES, PORT_METHODS = 400, 600, 40, 300, 4

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines_of_body(function: Function) -> int:
    """Lines of the body without its docstring."""
    first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1


def over_budget(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function) and lines_of_body(node) > FUNCTION_LINES:
            yield f"{node.name}: {lines_of_body(node)} lines"
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno + 1 > CLASS_LINES:
            yield f"class {node.name}: over {CLASS_LINES} lines"
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
            methods = [item.name for item in node.body if isinstance(item, Function)]
            if len(methods) > PORT_METHODS:
                yield f"port {node.name}: {len(methods)} methods"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_source_module_is_within_its_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MODULE_LINES
    assert list(over_budget(path)) == []


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_a_test_module_is_within_its_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= TEST_MODULE_LINES
