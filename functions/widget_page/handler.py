"""The Lambda function of the widget's pages: `widget_page.handler.handler`."""

import functools
from typing import TYPE_CHECKING

from mangum import Mangum

from callcore.accounts import KeyRecord
from callcore.clock import SystemClock
from observability.invocation import observed
from widget_page.app import Dependencies, create_app
from widget_page.settings import read_function_settings

if TYPE_CHECKING:
    from callstore.aws import AwsStores

_settings = read_function_settings()


def _find_key(key_hash: str) -> KeyRecord | None:
    return _stores().accounts.find_key(key_hash)


@functools.cache
def _stores() -> "AwsStores":
    # Only now: what needs no store does not wait for boto3.
    from callstore.aws import AwsStores

    return AwsStores(_settings.table, {}, SystemClock())


_asgi = Mangum(create_app(Dependencies(_find_key, _settings.pages)), lifespan="off")

handler = observed("parley-widget-page", _settings.log_level, lambda event, context, metrics: _asgi(event, context))
