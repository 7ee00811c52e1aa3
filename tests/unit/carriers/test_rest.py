import pytest

from carriers.rest import is_refusal_of_caller
from carriers.twilio import CALLER_CODES


@pytest.mark.parametrize(
    ("status", "said", "is_of_caller"),
    [
        (401, "20003", True),
        (402, "no balance is left", True),
        (403, "20005", True),
        (400, "21210", True),
        (400, "21211", False),
        (404, "20404", False),
        (422, "", False),
    ],
)
def test_an_account_that_may_not_call_is_told_from_a_number_that_cannot_be_called(
    status: int, said: str, is_of_caller: bool
) -> None:
    """A campaign whose account is suspended or has no balance fails, and loses none of its numbers."""
    assert is_refusal_of_caller(status, said, CALLER_CODES) is is_of_caller
