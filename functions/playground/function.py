"""The Lambda function of the console; handler.py loads it."""

import functools
from collections.abc import Callable

from aws_lambda_powertools import Metrics
from mangum import Mangum

from callcore.clock import SystemClock
from observability.invocation import Context, Event, Reply, observed
from observability.own_url import own_url
from observability.request_log import RequestLog
from playground.app import create_app
from playground.settings import FunctionSettings
from playground.views import Views

_settings = FunctionSettings.read()
_views = Views(_settings.assets_dir)


@functools.cache
def _asgi(public_url: str) -> Callable[[Event, Context], Reply]:
    # Only now: a start does not wait for boto3.
    from playground.aws import compose

    app = create_app(compose(_settings, _views, public_url, SystemClock()))
    return Mangum(RequestLog(app), lifespan="off")


def _handle(event: Event, context: Context, metrics: Metrics) -> Reply:
    return _asgi(own_url(_settings.public_url, event))(event, context)


handler = observed("parley-playground", _settings.log_level, _handle)
