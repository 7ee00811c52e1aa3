"""botocore's clients are the oracle: the same request has the same signature."""

import asyncio
from datetime import datetime
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import CredentialRetrievalError

from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.aws.signing import Signer

KEYS = Credentials("AKIDEXAMPLE", "secret", "token")
URL = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-micro-v1%3A0/converse-stream"


def of_a_client() -> Any:
    """The request that botocore's own client makes."""
    session = botocore.session.Session()
    client = session.create_client(
        "bedrock-runtime",
        region_name="eu-west-1",
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=KEYS.token,
    )
    sent: list[Any] = []

    def keep(request: Any, **_: Any) -> Any:
        sent.append(request)
        raise KeyboardInterrupt

    client.meta.events.register("before-send", keep)
    with pytest.raises(KeyboardInterrupt):
        client.converse_stream(
            modelId="amazon.nova-micro-v1:0", messages=[{"role": "user", "content": [{"text": "hi"}]}]
        )
    return sent[0]


def test_a_request_is_signed_as_the_vendors_own_client_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    theirs = of_a_client()
    assert theirs.url == URL
    signed_names = theirs.headers["Authorization"].decode().split("SignedHeaders=")[1].split(",")[0].split(";")
    signed_at = theirs.headers["X-Amz-Date"].decode()
    unsigned = {"Content-Type": theirs.headers["Content-Type"].decode()}
    assert set(signed_names) == {"content-type", "host", "x-amz-date", "x-amz-security-token"}
    with mock.patch("botocore.auth.get_current_datetime") as now:
        now.return_value = datetime.strptime(signed_at + "+0000", "%Y%m%dT%H%M%SZ%z")
        ours = asyncio.run(Signer("bedrock", "eu-west-1", KEYS).headers("POST", URL, theirs.body, unsigned))
    assert ours["Authorization"] == theirs.headers["Authorization"].decode()
    assert ours["X-Amz-Security-Token"] == "token"


def test_a_presigned_address_carries_all_of_it() -> None:
    url = asyncio.run(Signer("transcribe", "eu-west-1", KEYS).presigned("GET", "wss://host:8443/path?a=b", 60))
    query = parse_qs(urlsplit(url).query)
    assert query["a"] == ["b"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert query["X-Amz-Security-Token"] == ["token"]


class Lost:
    """Credentials whose server is away."""

    def get_frozen_credentials(self) -> None:
        raise CredentialRetrievalError(provider="a secret place", error_msg="secret")


def test_credentials_that_cannot_be_had_are_a_failure_of_the_provider() -> None:
    with pytest.raises(ProviderError, match="could not be had") as caught:
        asyncio.run(Signer("bedrock", "eu-west-1", Lost()).headers("POST", URL, b"", {}))
    assert "secret" not in str(caught.value)
    with mock.patch("media_worker.providers.aws.signing.Session") as session:
        session.return_value.get_credentials.return_value = None
        with pytest.raises(ProviderError, match="no credentials") as refused:
            asyncio.run(Signer("bedrock", "eu-west-1").headers("POST", URL, b"", {}))
    assert refused.value.failure is ProviderFailure.REJECTED
