"""The Lambda function that answers carriers: `telephony_webhook.handler.handler`."""

import functools
from collections.abc import Callable

from mangum import Mangum

from callcore.clock import SystemClock
from observability.invocation import Context, Event, Reply, observed
from telephony_webhook.app import create_app
from telephony_webhook.settings import FunctionSettings

_settings = FunctionSettings()


@functools.cache
def _asgi() -> Callable[[Event, Context], Reply]:
    # Only now: a start does not wait for boto3.
    from telephony_webhook.aws import compose

    return Mangum(create_app(compose(_settings, SystemClock())), lifespan="off")


handler = observed(
    "parley-telephony-webhook", _settings.log_level, lambda event, context, metrics: _asgi()(event, context)
)
