"""The Lambda function of REST; api/handler.py loads it."""

import functools

from aws_lambda_powertools import Metrics
from mangum import Mangum

from api.app import described_app
from api.settings import FunctionSettings
from callcore.clock import SystemClock
from callcore.errors import InvalidInput
from observability.invocation import Context, Event, Reply, observed

_settings = FunctionSettings()
_app = described_app()
_asgi = Mangum(_app, lifespan="off")


@functools.cache
def _compose(api_url: str) -> None:
    """Give the application its stores, at the first request: a start does not wait for boto3."""
    from api.aws import compose

    _app.state.dependencies = compose(_settings, api_url, SystemClock())


def _own_url(event: Event) -> str:
    """Never from a Host header, which whoever asks may choose."""
    if _settings.public_url:
        return _settings.public_url
    try:
        return f"https://{event['requestContext']['domainName']}"
    except KeyError:
        raise InvalidInput("behind a load balancer PARLEY_PUBLIC_URL must say which origin people are told") from None


def _handle(event: Event, context: Context, metrics: Metrics) -> Reply:
    _compose(_own_url(event))
    return _asgi(event, context)


handler = observed("parley-api", _settings.log_level, _handle)
