"""Errors as HTTP statuses, the same at every border of ours (protocol.md 1.1)."""

from collections.abc import Mapping
from http import HTTPStatus

from callcore.errors import (
    CallError,
    Conflict,
    IdempotencyMismatch,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    NotSupported,
    NoWorker,
    StoreError,
    Unauthenticated,
    WorkerUnreachable,
)
from callcore.telephony.ports import CarrierBusy, CarrierRefused, CarrierUncertain

_STATUS_OF: Mapping[type[CallError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    IdempotencyMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotSupported: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    LimitExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    WorkerUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    NoWorker: HTTPStatus.SERVICE_UNAVAILABLE,
    CarrierRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CarrierBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    CarrierUncertain: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: BaseException) -> HTTPStatus | None:
    """What is answered; None: the error is ours, a 500, and its message stays in the log."""
    return next((_STATUS_OF[kind] for kind in type(error).__mro__ if kind in _STATUS_OF), None)
