"""What the pages of calls and usage stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcore.billing.ports import DayTotals, RunningCalls
from callcore.billing.usage_log import UsageLog
from callcore.calls.call import Call
from callcore.calls.ports import CallLog, CallStore, CheckpointStore
from callcore.deliveries.delivery import WebhookDelivery, deliveries_of
from callcore.deliveries.ports import DeliveryLog, DeliveryStore, DisabledWebhooks
from callcore.errors import NotFound
from callcore.ports import BlobStore
from callcore.wire.call_control import CallControl
from callcore.workers.ports import WorkerRegistry

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores


@dataclass(frozen=True)
class Records:
    """Ports; all of them are synchronous."""

    calls: CallStore
    call_log: CallLog
    checkpoints: CheckpointStore
    running: RunningCalls
    usage: UsageLog
    day_totals: DayTotals
    deliveries: DeliveryStore
    delivery_log: DeliveryLog
    disabled_webhooks: DisabledWebhooks
    blobs: BlobStore
    workers: WorkerRegistry
    control: CallControl
    sound_origins: Sequence[str] = ()
    """Where the blobs' own addresses lead."""

    def deliveries_of(self, call: Call) -> Sequence[WebhookDelivery]:
        """What was sent of an ended call, its end last."""
        found = []
        for expected in deliveries_of(call, 0.0):
            try:
                found.append(self.delivery_log.find_delivery(call.account_id, expected.delivery_id))
            except NotFound:
                continue
        return found


def records_on(
    stores: "AwsStores | SqliteStores", blobs: BlobStore, control: CallControl, sound_origins: Sequence[str] = ()
) -> Records:
    """Those over these stores."""
    return Records(
        calls=stores.calls,
        call_log=stores.call_log,
        checkpoints=stores.checkpoints,
        running=stores.running_calls,
        usage=stores.usage_log,
        day_totals=stores.day_totals,
        deliveries=stores.deliveries,
        delivery_log=stores.delivery_log,
        disabled_webhooks=stores.disabled_webhooks,
        blobs=blobs,
        workers=stores.workers,
        control=control,
        sound_origins=sound_origins,
    )
