"""The Lambda function after calls; handler.py loads it.

A batch of the queue is told which of its messages failed; these come again, until the queue's redrive policy puts them
among the dead letters. The schedule's tick ends the calls whose worker died. Either is followed by placing the calls
that were ordered, and by an attempt at the webhooks that are due. A tick goes on placing calls until the next.
"""

import functools
import logging
import time
from typing import TYPE_CHECKING

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from call_events.finisher import Finisher
from call_events.retention import Retention
from call_events.settings import FunctionSettings
from call_events.sweeper import Sweeper
from callcore.clock import SystemClock
from callcore.errors import InvalidInput
from callcore.ports import BlobStore
from callcore.wire.events import is_order
from observability.invocation import Context, Event, Reply, observed

if TYPE_CHECKING:
    from callstore.aws.stores import AwsStores

PLACING_S = 40.0
"""Of the minute between two ticks; the function's own timeout leaves what the rest of a tick may take."""
logger = logging.getLogger(__name__)

_settings = FunctionSettings.read()
_clock = SystemClock()


@functools.cache
def _blobs() -> BlobStore:
    # Only now: a start does not wait for boto3.
    from callstore.aws.clients import LateClient
    from callstore.aws.s3 import S3BlobStore

    return S3BlobStore(LateClient("s3"), _settings.bucket)


@functools.cache
def _stores() -> "AwsStores":
    from callstore.aws.stores import AwsStores

    return AwsStores(_settings.table, {}, _clock, blobs=_blobs(), outbox_table=_settings.outbox_table)


def _finish(record: SQSRecord) -> None:  # the parameter's name is the batch processor's
    try:
        if is_order(record.body):
            return
        stores = _stores()
        Finisher(stores.calls, stores.checkpoints, stores.deliveries, _clock).finish(record.body)
    except Exception as error:
        attempt = int(record.attributes.approximate_receive_count)
        # The error's own text may hold parts of the message.
        logger.warning("a message failed", extra={"attempt": attempt, "error": type(error).__name__})
        raise


def _deliver(metrics: Metrics) -> None:
    """Try the webhooks that are due. What fails is due again: no message comes again for it."""
    from call_events.aws import deliver_due

    try:
        taken = deliver_due(_stores(), _settings.api_url, _settings.outbox_key, _clock)
        metrics.add_metric(name="WebhooksTried", unit=MetricUnit.Count, value=taken)
    except Exception:
        logger.exception("the webhooks that are due could not be tried")


def _dial(metrics: Metrics, for_s: float = 0.0) -> None:
    """Place calls, for so many seconds while there are more. What is left then is tried at the next tick."""
    from call_events.aws import placing_of

    try:
        deadline_s = _clock.monotonic_s() + for_s
        placed = placing_of(_stores(), _settings, _clock).run_until(deadline_s, _clock, time.sleep)
        metrics.add_metric(name="CallsPlaced", unit=MetricUnit.Count, value=placed)
    except Exception:
        logger.exception("the calls that were ordered could not be placed")


def _handle(event: Event, context: Context, metrics: Metrics) -> Reply:
    if "Records" in event:
        batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with batch(event["Records"], _finish):
            done = batch.process()
        failed = sum(status == "fail" for status, *_ in done)
        metrics.add_metric(name="MessagesFailed", unit=MetricUnit.Count, value=failed)
        metrics.add_metric(name="MessagesHandled", unit=MetricUnit.Count, value=len(done) - failed)
        _dial(metrics)
        _deliver(metrics)
        return batch.response()
    if event.get("detail-type") == "Scheduled Event":
        stores = _stores()
        sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        metrics.add_metric(name="CallsLost", unit=MetricUnit.Count, value=sweeper.sweep(_clock.unix_s()))
        _dial(metrics)
        _deliver(metrics)
        retention = Retention(stores.directory, stores.call_log, _blobs(), stores.delivery_log, stores.deliveries)
        metrics.add_metric(name="CallsExpired", unit=MetricUnit.Count, value=retention.sweep(_clock.unix_s()))
        _dial(metrics, PLACING_S)
        return None
    raise InvalidInput("the event is neither a batch of the queue nor the tick of the schedule")


handler = observed("parley-call-events", _settings.log_level, _handle)
