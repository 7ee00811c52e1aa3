import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.phones.phone import parse_number


@pytest.mark.parametrize(
    "text",
    ["+15551234567", "15551234567", " 15551234567", "+1 (555) 123-4567", "+1.555.123.4567", "+1\u00a0555 1234567"],
)
def test_a_number_has_one_form(text: str) -> None:
    assert parse_number(text) == "+15551234567"


@pytest.mark.parametrize("text", ["", "+", "+0123456", "12", "+1234567890123456", "x", "+1555x", "++1555", "+١٢٣٤"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(InvalidInput, match="phone"):
        parse_number(text)


@given(st.text())
def test_a_number_parses_to_itself(text: str) -> None:
    try:
        number = parse_number(text)
    except InvalidInput:
        return
    assert parse_number(number) == number
