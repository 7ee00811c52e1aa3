import inspect

import pytest

from callcore import errors
from callcore.errors import CallError, InvalidTransition, NotFound, ProviderError, ProviderFailure, TransportClosed

CLASSES = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, Exception)]


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_in_the_tree_and_in_its_drawing(error: type[Exception]) -> None:
    assert issubclass(error, CallError)
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InvalidTransition("call", "busy", "in-progress"), "call: in-progress is not allowed in state busy"),
        (NotFound("agent", "-Abc"), "agent -Abc was not found"),
        (ProviderError("local", ProviderFailure.TIMEOUT), "local: timeout"),
        (ProviderError("local", ProviderFailure.REJECTED, "no such voice"), "local: rejected (no such voice)"),
        (TransportClosed(1006, "whatever the peer said"), "transport closed with 1006"),
    ],
)
def test_messages_are_computed_from_data(error: CallError, message: str) -> None:
    assert str(error) == message


@pytest.mark.parametrize("failure", list(ProviderFailure))
def test_only_a_rejection_is_final(failure: ProviderFailure) -> None:
    assert ProviderError("x", failure).retryable is (failure is not ProviderFailure.REJECTED)
