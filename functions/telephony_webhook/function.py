"""The Lambda function that answers carriers; handler.py loads it."""

import functools
from collections.abc import Callable

from aws_lambda_powertools import Metrics
from mangum import Mangum

from callcore.clock import SystemClock
from observability.invocation import Context, Event, Reply, observed
from observability.own_url import own_url
from telephony_webhook.app import create_app
from telephony_webhook.settings import FunctionSettings

_settings = FunctionSettings.read()


@functools.cache
def _asgi(api_url: str) -> Callable[[Event, Context], Reply]:
    # Only now: a start does not wait for boto3.
    from telephony_webhook.aws import compose

    return Mangum(create_app(compose(_settings, api_url, SystemClock())), lifespan="off")


def _handle(event: Event, context: Context, metrics: Metrics) -> Reply:
    return _asgi(own_url(_settings.api_url, event))(event, context)


handler = observed("parley-telephony-webhook", _settings.log_level, _handle)
