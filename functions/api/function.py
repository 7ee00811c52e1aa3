"""The Lambda function of REST; api/handler.py loads it."""

import functools

from aws_lambda_powertools import Metrics
from mangum import Mangum

from api.app import described_app
from api.settings import FunctionSettings
from callcore.clock import SystemClock
from observability.invocation import Context, Event, Reply, observed
from observability.own_url import own_url
from observability.request_log import RequestLog

_settings = FunctionSettings.read()
_app = described_app()
_asgi = Mangum(RequestLog(_app), lifespan="off")


@functools.cache
def _compose(api_url: str) -> None:
    """Give the application its stores, at the first request: a start does not wait for boto3."""
    from api.aws import compose

    _app.state.dependencies = compose(_settings, api_url, SystemClock())


def _handle(event: Event, context: Context, metrics: Metrics) -> Reply:
    _compose(own_url(_settings.public_url, event))
    return _asgi(event, context)


handler = observed("parley-api", _settings.log_level, _handle)
