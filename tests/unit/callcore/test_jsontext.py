import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.jsontext import MAX_DEPTH, parse_json, to_json

WRITABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(WRITABLE)
def test_what_is_written_reads_back(value: object) -> None:
    assert parse_json(to_json(value)) == value


@given(st.text())
def test_any_text_reads_or_is_refused(text: str) -> None:
    try:
        value = parse_json(text)
    except InvalidInput:
        return
    to_json(value).encode()


def test_a_refused_text_is_not_shown() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_json('{"key": secret}')
    assert str(caught.value) == "is not JSON"


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", '"\\udc00"', '{"\\ud800":1}'])
def test_what_json_cannot_carry_on(text: str) -> None:
    with pytest.raises(InvalidInput, match="holds a value that JSON cannot carry"):
        parse_json(text)


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidInput, match="holds a value that JSON cannot carry"):
        to_json({"when": object()})


def test_depth_is_bounded() -> None:
    assert parse_json(json.dumps(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(InvalidInput, match=f"nested deeper than {MAX_DEPTH}"):
        to_json(nested(MAX_DEPTH + 1))


def test_a_value_that_holds_itself_is_too_deep() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidInput):
        to_json(value)


def test_text_is_written_as_it_is() -> None:
    assert to_json({"a": "ö"}) == '{"a":"ö"}'
