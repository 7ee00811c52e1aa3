"""Signature Version 4 for requests to AWS services, with whatever credentials this process has.

botocore signs and finds the credentials (environment, profile, web identity, the role of the task); the requests are
sent by others, because its clients block.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

from callcore.errors import ProviderError, ProviderFailure


class Signer:
    """Signs for one service in one region."""

    def __init__(self, service: str, region: str, credentials: Any = None) -> None:
        """`service` is what the signature calls it; `credentials` are botocore's, None = those of the process."""
        self._service = service
        self._region = region
        self._credentials = credentials

    async def prepare(self) -> None:
        """Find the credentials, for which a server may have to be asked. Never fails."""
        with suppress(ProviderError):
            await self._frozen()

    async def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, and those of the signature with them. Raises ProviderError when there are no credentials."""
        request = AWSRequest(method, url, data=body, headers=dict(headers))
        SigV4Auth(await self._frozen(), self._service, self._region).add_auth(request)
        return dict(request.headers.items())

    async def presigned(self, method: str, url: str, expires_s: int) -> str:
        """The URL, its query signed, which is a secret. Raises ProviderError when there are no credentials."""
        request = AWSRequest(method, url)
        SigV4QueryAuth(await self._frozen(), self._service, self._region, expires=expires_s).add_auth(request)
        return str(request.url)

    async def _frozen(self) -> Any:
        try:
            frozen = await asyncio.to_thread(self._freeze)
        except Exception:
            # Whatever it says of them stays here.
            raise ProviderError("aws", ProviderFailure.UNAVAILABLE, "the credentials could not be had") from None
        if frozen is None:
            raise ProviderError("aws", ProviderFailure.REJECTED, "no credentials")
        return frozen

    def _freeze(self) -> Any:
        """Fresh ones, None without any; a server is asked when those of a role have to be exchanged."""
        if self._credentials is None:
            self._credentials = Session().get_credentials()
        return self._credentials and self._credentials.get_frozen_credentials()
