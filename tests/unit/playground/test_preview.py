"""The browser's preview fills variables in as the server does: what tests/unit/widget/playground.test.mjs expects."""

import ast
import re
from pathlib import Path

import pytest

from callcore.variables import render

SOURCE = (Path(__file__).parents[1] / "widget" / "playground.test.mjs").read_text(encoding="utf-8")
VECTORS = re.findall(r"^  \[('.*'), (\{.*\}), ('.*')\],$", SOURCE, re.MULTILINE)


def python_of(written: str) -> str:
    """An object of JavaScript with its keys in quotes."""
    return re.sub(r"([{,] )(\w+):", r"\1'\2':", written)


@pytest.mark.parametrize(("text", "values", "expected"), VECTORS)
def test_the_server_agrees(text: str, values: str, expected: str) -> None:
    assert render(ast.literal_eval(text), ast.literal_eval(python_of(values))) == ast.literal_eval(expected)


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 5
