import pytest

from callcore.errors import Conflict, IdempotencyMismatch
from callcore.idempotency import EarlierRequest, KeyedRequest, reply_to
from callcore.ids import AccountId

REQUEST = KeyedRequest(AccountId("acc"), "key", "aa")


def test_the_reply_is_given_again() -> None:
    assert reply_to(REQUEST, EarlierRequest("aa", "{}")) == "{}"


@pytest.mark.parametrize(
    ("earlier", "error"),
    [
        (EarlierRequest("aa", None), Conflict),
        (EarlierRequest("bb", None), IdempotencyMismatch),
        (EarlierRequest("bb", "{}"), IdempotencyMismatch),
    ],
)
def test_there_is_none_to_give(earlier: EarlierRequest, error: type[Exception]) -> None:
    with pytest.raises(error, match="Idempotency-Key"):
        reply_to(REQUEST, earlier)
