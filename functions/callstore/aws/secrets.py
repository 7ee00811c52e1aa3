"""Secrets in AWS Secrets Manager."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from callcore.errors import NotFound, StoreError

CACHE_S = 300
"""A secret that was exchanged is used from then on at the latest."""


class AwsSecrets:
    """Secrets. Import it late, as callstore.aws.stores."""

    def __init__(self, client: Any, ids: Mapping[str, str]) -> None:
        """`client` is boto3's for Secrets Manager, `ids` the names or ARNs of the secrets by our names for them."""
        self._ids = ids
        self._provider = SecretsProvider(boto3_client=client)

    def secret(self, name: str) -> str:
        """The value. Raises NotFound, StoreError."""
        if name not in self._ids:
            raise NotFound("secret", name)
        try:
            return str(self._provider.get(self._ids[name], max_age=CACHE_S))
        except GetParameterError as error:
            cause = error.__context__
            code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else type(cause).__name__
            if code == "ResourceNotFoundException":
                raise NotFound("secret", name) from None
            raise StoreError(f"a secret cannot be read: {code}", retryable=True) from error
