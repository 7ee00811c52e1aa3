import pytest

from callcore.errors import ProviderFailure
from media_worker.providers.aws.failures import message_of, refusal


@pytest.mark.parametrize(
    ("status", "name", "failure"),
    [
        (400, "ThrottlingException", ProviderFailure.RATE_LIMIT),
        (429, "ModelNotReadyException:http://internal.amazon.com/", ProviderFailure.UNAVAILABLE),
        (400, "com.amazon.coral.service#ValidationException", ProviderFailure.REJECTED),
        (403, "AccessDeniedException", ProviderFailure.REJECTED),
        (408, "ModelTimeoutException", ProviderFailure.TIMEOUT),
        (503, "ServiceUnavailableException", ProviderFailure.UNAVAILABLE),
        (403, "", ProviderFailure.REJECTED),
        (500, "an account 123456789012", ProviderFailure.UNAVAILABLE),
    ],
)
def test_what_a_refusal_means(status: int, name: str, failure: ProviderFailure) -> None:
    error = refusal("bedrock", status, {"x-amzn-errortype": name} if name else {})
    assert error.failure is failure
    assert f"status {status}" in str(error)
    assert "1234" not in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [(b'{"message":"a"}', "a"), (b'{"Message":"b"}', "b"), (b"<html>", ""), (b"[]", ""), (b"{}", "")],
)
def test_what_a_refusal_says(body: bytes, said: str) -> None:
    assert message_of(body) == said
