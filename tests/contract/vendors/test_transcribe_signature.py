"""The peer of Amazon Transcribe refuses what AWS would refuse: it works signatures out by hand."""

import asyncio
from urllib.parse import urlsplit

import pytest

from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.aws.signing import Signer
from media_worker.providers.aws.stt import PATH
from media_worker.providers.vendor_socket import vendor_socket
from tests.peers import sigv4
from tests.peers.bedrock import KEY_ID, REGION, SECRET
from tests.peers.transcribe import transcribe


def presigned(monkeypatch: pytest.MonkeyPatch, url: str, *, secret: str = SECRET, expires_s: int = 60) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    return asyncio.run(Signer("transcribe", REGION).presigned("GET", url, expires_s))


def complaint(url: str) -> str:
    parts = urlsplit(url)
    return sigv4.complaint(
        parts.path, parts.query, parts.netloc, service="transcribe", region=REGION, keys={KEY_ID: SECRET}
    )


HOME = f"wss://transcribestreaming.{REGION}.amazonaws.com:8443{PATH}"


def test_botocore_signs_as_the_specification_says(monkeypatch: pytest.MonkeyPatch) -> None:
    url = presigned(monkeypatch, f"{HOME}?language-code=en-US&session-id=a%20b%2Fc")
    assert complaint(url) == ""
    assert SECRET not in url


@pytest.mark.parametrize("change", [("en-US", "de-DE"), (REGION, "us-east-1"), ("Expires=60", "Expires=61")])
def test_what_was_signed_cannot_be_changed(monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]) -> None:
    assert complaint(presigned(monkeypatch, f"{HOME}?language-code=en-US").replace(*change))


def test_another_secret_and_a_long_life_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complaint(presigned(monkeypatch, HOME, secret="wrong")) == "SignatureDoesNotMatch"
    assert complaint(presigned(monkeypatch, HOME, expires_s=301)) == "Signature expired"


def test_the_peer_asks_for_it() -> None:
    async def scene() -> None:
        async with transcribe() as peer:
            with pytest.raises(ProviderError) as refused:
                async with vendor_socket("transcribe", f"{peer.url}{PATH}?language-code=en-US", {}):
                    pass
            assert refused.value.failure is ProviderFailure.REJECTED

    asyncio.run(scene())
