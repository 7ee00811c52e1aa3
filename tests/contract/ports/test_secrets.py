from typing import Any

import boto3
import pytest
from botocore.config import Config

from callcore.errors import NotFound, StoreError
from callcore.ports import Secrets
from callstore.aws.secrets import AwsSecrets
from callstore.fixed_secrets import FixedSecrets
from tests.peers.aws import client_in_process


@pytest.fixture(scope="module")
def client() -> Any:
    return client_in_process("secretsmanager")


@pytest.fixture(scope="module")
def secret_id(client: Any) -> str:
    return str(client.create_secret(Name="parley-internal", SecretString="s" * 64)["ARN"])


@pytest.fixture(params=["aws", "fixed"])
def secrets(request: pytest.FixtureRequest, client: Any, secret_id: str) -> Secrets:
    if request.param == "aws":
        return AwsSecrets(client, {"internal": secret_id, "gone": "parley-gone"})
    return FixedSecrets({"internal": "s" * 64, "gone": ""})


def test_a_secret_is_found_by_our_name_for_it(secrets: Secrets) -> None:
    assert secrets.secret("internal") == "s" * 64


@pytest.mark.parametrize("name", ["gone", "other", ""])
def test_what_is_not_there_is_not_found(secrets: Secrets, name: str) -> None:
    with pytest.raises(NotFound):
        secrets.secret(name)


def test_a_secret_is_read_once_in_five_minutes(client: Any, secret_id: str) -> None:
    secrets = AwsSecrets(client, {"internal": secret_id})
    asked: list[Any] = []

    def note(**sent: Any) -> None:
        asked.append(sent)

    client.meta.events.register("before-call", note)
    for _ in range(3):
        secrets.secret("internal")
    client.meta.events.unregister("before-call", note)
    assert len(asked) == 1


def test_a_service_that_cannot_be_reached_is_a_passing_failure() -> None:
    config = Config(retries={"total_max_attempts": 1})
    unreachable = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9", config=config)
    with pytest.raises(StoreError) as failure:
        AwsSecrets(unreachable, {"internal": "parley-internal"}).secret("internal")
    assert failure.value.retryable
