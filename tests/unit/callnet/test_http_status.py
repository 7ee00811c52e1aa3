import pytest

from callcore.errors import (
    CallError,
    IdempotencyMismatch,
    InvalidInput,
    InvalidTransition,
    LimitExceeded,
    NotFound,
    NotSupported,
    WorkerUnreachable,
)
from callcore.ids import SessionId
from callcore.telephony.ports import CarrierRefused
from callnet.http_status import status_of


class Special(NotFound):
    """An error that has no row of its own."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 400),
        (IdempotencyMismatch("x"), 422),
        (NotSupported("x"), 422),
        (Special("agent", "-a"), 404),
        (LimitExceeded("x"), 429),
        (CarrierRefused("x"), 422),
        (WorkerUnreachable(SessionId("s")), 503),
        (InvalidTransition("floor", "idle", "x"), None),
        (CallError("x"), None),
        (ValueError("x"), None),
    ],
)
def test_an_error_has_the_status_of_its_nearest_kind(error: Exception, status: int | None) -> None:
    assert status_of(error) == status
