"""Clients of AWS services. Import it late: boto3 takes a tenth of a second and more."""

import functools
from typing import Any

import boto3
from botocore.config import Config

CLIENT_CONFIG = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32
)
"""A request is sent at most three times, and given up after 20 seconds."""


FORM_CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""Of a client that signs forms: buckets made since June 2020 refuse the older signature, which boto3 makes by itself,
and the address without a region answers with a redirect while a bucket is new."""


def aws_client(service: str, config: Config | None = None) -> Any:
    """A client with our deadlines; region and credentials come from where boto3 looks for them."""
    return boto3.client(service, config=CLIENT_CONFIG.merge(config) if config else CLIENT_CONFIG)


def bucket_origins(bucket: str) -> tuple[str, ...]:
    """Where presigned addresses of the bucket may lead."""
    region = boto3.session.Session().region_name or ""
    return (f"https://{bucket}.s3.amazonaws.com", *([f"https://{bucket}.s3.{region}.amazonaws.com"] if region else []))


class LateClient:
    """Such a client, made when it is first used: making one takes as long as several requests."""

    def __init__(self, service: str, config: Config | None = None) -> None:
        self._service = service
        self._config = config

    @functools.cached_property
    def _client(self) -> Any:
        return aws_client(self._service, self._config)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
