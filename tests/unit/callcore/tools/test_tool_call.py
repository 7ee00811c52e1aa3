"""The arguments of a function: what the model writes, and what the function gets."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.tools import Tool
from callcore.errors import InvalidInput
from callcore.tools.tool_call import ToolCall, arguments_of

TOOL = Tool.model_validate(
    {
        "name": "book",
        "params": [
            {"name": "party", "type": "number", "required": True},
            {"name": "time", "type": "string"},
            {"name": "outside", "type": "boolean"},
            {"name": "seats", "type": "integer"},
            {"name": "phone", "type": "string", "description": "{FromPhone}", "required": True},
            {"name": "tags", "type": "array"},
        ],
    }
)
VARIABLES = {"FromPhone": "+15551234567"}
FIXED = {"phone": "+15551234567"}


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('{"party": 4}', {"party": 4}),
        ('{"party": "4"}', {"party": 4}),
        ('{"party": 4.0, "time": null}', {"party": 4}),
        ('{"party": 4.5, "time": 7}', {"party": 4.5, "time": "7"}),
        ('{"party": 1, "outside": "Yes"}', {"party": 1, "outside": True}),
        ('{"party": 1, "outside": false}', {"party": 1, "outside": False}),
        ('{"party": 1, "seats": "3"}', {"party": 1, "seats": 3}),
        ('{"party": 1, "tags": ["a"]}', {"party": 1, "tags": ["a"]}),
        ('{"party": 1, "phone": "the model does not decide this"}', {"party": 1}),
    ],
)
def test_arguments_have_their_declared_types(written: str, arguments: dict[str, Any]) -> None:
    assert arguments_of(TOOL, written, VARIABLES) == arguments | FIXED


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "party: is required"),
        ("{}", "party: is required"),
        ("[1]", "the arguments: must be an object"),
        ('{"party": ', "the arguments: is not JSON"),
        ('{"party": "four"}', "party: must be a number"),
        ('{"party": true}', "party: must be a number"),
        ('{"party": "nan"}', "party: must be a number"),
        (f'{{"party": 1{"0" * 400}}}', "party: must be a number"),
        ('{"party": 1, "seats": 1.5}', "seats: must be a whole number"),
        ('{"party": 1, "outside": "perhaps"}', "outside: must be true or false"),
        ('{"party": 1, "time": {"hour": 7}}', "time: must be a string"),
        ('{"party": "x", "cake": 1}', "cake: there is no such argument; party: must be a number"),
    ],
)
def test_a_fault_is_told_so_that_the_model_can_mend_it(written: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        arguments_of(TOOL, written, VARIABLES)
    assert str(caught.value) == fault


def test_a_variable_that_has_no_value_is_a_description_like_any_other() -> None:
    assert arguments_of(TOOL, '{"party": 1, "phone": "+49"}', {}) == {"party": 1, "phone": "+49"}


@given(st.text(max_size=60) | st.dictionaries(st.sampled_from(["party", "time"]), st.text()).map(json.dumps))
def test_whatever_the_model_writes_gives_arguments_or_a_fault(written: str) -> None:
    with suppress(InvalidInput):
        assert arguments_of(TOOL, written, VARIABLES)["phone"] == VARIABLES["FromPhone"]


def test_a_call_is_written_in_openais_shape() -> None:
    assert ToolCall("call_1", "book", '{"party":1}').to_message() == {
        "id": "call_1",
        "type": "function",
        "function": {"name": "book", "arguments": '{"party":1}'},
    }
