"""The Lambda function of the widget's pages: `widget_page.handler.handler`."""

import functools
from typing import TYPE_CHECKING

from mangum import Mangum

from callcore.accounts.account import KeyRecord
from observability.invocation import observed
from observability.loading import load_before_snapshot
from widget_page.app import Dependencies, create_app
from widget_page.settings import read_function_settings

if TYPE_CHECKING:
    from callstore.dynamo.accounts import DynamoAccountStore

_settings = read_function_settings()


def _find_key(key_hash: str) -> KeyRecord | None:
    return _accounts().find_key(key_hash)


@functools.cache
def _accounts() -> "DynamoAccountStore":
    # Only now, because what needs no key does not wait for boto3; and this store alone, because a visitor waits.
    from callstore.aws.clients import aws_client
    from callstore.dynamo.accounts import DynamoAccountStore
    from callstore.dynamo.table import DynamoTable

    return DynamoAccountStore(DynamoTable(aws_client("dynamodb"), _settings.table))


_asgi = Mangum(create_app(Dependencies(_find_key, _settings.pages)), lifespan="off")

handler = observed("parley-widget-page", _settings.log_level, lambda event, context, metrics: _asgi(event, context))
load_before_snapshot("callstore.aws.clients", "callstore.dynamo.accounts")
