from collections.abc import Iterator
from typing import Any

import pytest

from callcore.errors import NotFound, StoreError
from callcore.ports import Secrets
from callstore.aws import aws_client
from callstore.aws_secrets import AwsSecrets
from callstore.fixed_secrets import FixedSecrets
from tests.peers.aws import serve_aws


@pytest.fixture(scope="module")
def secret_id() -> Iterator[str]:
    serve_aws()
    client = aws_client("secretsmanager")
    yield client.create_secret(Name="parley-internal", SecretString="s" * 64)["ARN"]
    client.close()


@pytest.fixture(params=["aws", "fixed"])
def secrets(request: pytest.FixtureRequest, secret_id: str) -> Secrets:
    if request.param == "aws":
        return AwsSecrets({"internal": secret_id, "gone": "parley-gone"})
    return FixedSecrets({"internal": "s" * 64, "gone": ""})


def test_a_secret_is_found_by_our_name_for_it(secrets: Secrets) -> None:
    assert secrets.secret("internal") == "s" * 64


@pytest.mark.parametrize("name", ["gone", "other", ""])
def test_what_is_not_there_is_not_found(secrets: Secrets, name: str) -> None:
    with pytest.raises(NotFound):
        secrets.secret(name)


def test_a_secret_is_read_once_in_five_minutes(secret_id: str) -> None:
    secrets = AwsSecrets({"internal": secret_id})
    asked: list[Any] = []

    def note(**sent: Any) -> None:
        asked.append(sent)

    secrets._provider.client.meta.events.register("before-send", note)
    for _ in range(3):
        secrets.secret("internal")
    assert len(asked) == 1


def test_a_service_that_cannot_be_reached_is_a_passing_failure(secret_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError) as failure:
        AwsSecrets({"internal": secret_id}).secret("internal")
    assert failure.value.retryable
