"""Web forms: what is shown, what the model may fill in beforehand, and what comes back."""

from typing import Any

import pytest

from callcore.agents.tools import FORM_S, WEBHOOK_S, Tool
from callcore.errors import InvalidInput
from callcore.tools.tool_call import arguments_of
from callcore.tools.web_form import MAX_VALUE_CHARS, FormField, WebForm, entered, web_form

FORM = Tool.model_validate(
    {
        "name": "book",
        "type": "web_form",
        "description": "A table at {shop}",
        "data": {"param": {"name": "email", "description": "E-mail for {shop}", "required": True}},
        "params": [
            {"name": "party", "type": "number"},
            {"name": "phone", "description": "{FromPhone}"},
            {"name": "email", "type": "number"},
            {"name": "colour", "type": "rgb"},
            {"name": ""},
        ],
    }
)
VARIABLES = {"shop": "Luigi's", "FromPhone": "+15551234567"}


def test_the_user_sees_every_field_once_with_what_is_known() -> None:
    known = arguments_of(FORM, '{"party": "4"}', VARIABLES)
    assert web_form(FORM, known, VARIABLES) == WebForm(
        "A table at Luigi's",
        (
            FormField("email", "string", "E-mail for Luigi's", required=True),
            FormField("party", "number", "", required=False, value=4),
            FormField("phone", "string", "", required=False, value="+15551234567"),
            FormField("colour", "string", "", required=False),
        ),
    )


def test_the_model_need_not_know_what_the_user_must_fill_in() -> None:
    assert arguments_of(FORM, "", VARIABLES) == {"phone": "+15551234567"}
    with pytest.raises(InvalidInput, match="party: must be a number"):
        arguments_of(FORM, '{"party": "many"}', VARIABLES)


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ({"email": "a@b.c", "party": "4", "colour": " "}, {"email": "a@b.c", "party": 4}),
        ({"email": "a@b.c", "party": None, "phone": ""}, {"email": "a@b.c"}),
        ({"email": "x" * MAX_VALUE_CHARS}, {"email": "x" * MAX_VALUE_CHARS}),
    ],
)
def test_what_was_entered_has_its_declared_types_and_no_blanks(values: dict[str, Any], result: dict[str, Any]) -> None:
    assert entered(FORM, values) == result


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, "email: is required"),
        ({"email": "  "}, "email: is required"),
        ({"email": "a", "party": "many"}, "party: must be a number"),
        ({"email": "a", "other": 1}, "other: there is no such argument"),
        ({"email": "x" * (MAX_VALUE_CHARS + 1)}, "email: is longer than 2000 characters"),
        ({"email": ["a"]}, "email: must be a string"),
    ],
)
def test_what_does_not_fit_is_told(values: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        entered(FORM, values)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("tool", "seconds"),
    [({}, WEBHOOK_S), ({"timeout": 2}, 2), ({"type": "web_form"}, FORM_S), ({"type": "web_form", "timeout": 60}, 60)],
)
def test_people_get_more_time_than_servers(tool: dict[str, Any], seconds: float) -> None:
    assert Tool.model_validate({"name": "f"} | tool).patience_s == seconds
