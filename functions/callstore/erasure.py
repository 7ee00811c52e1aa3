"""Deletes a call with everything that was kept of it."""

from dataclasses import replace

from callcore.calls.call import Call
from callcore.calls.ports import CallLog
from callcore.deliveries.ports import DeliveryLog, DeliveryStore
from callcore.errors import NotFound
from callcore.ports import BlobStore


def erase_call(
    call: Call, call_log: CallLog, blobs: BlobStore, delivery_log: DeliveryLog, deliveries: DeliveryStore
) -> None:
    """Delete transcript, recording, row and what functions answered after the call.

    That something was delivered stays in the log. Raises NotFound, and Conflict while the call goes on.
    """
    # The recording first: should the rest fail, the call is still there to be deleted again. A call that goes on
    # has none yet, and is refused below.
    for key in (call.recording or {}).values():
        blobs.delete(key)
    for run in call.function_calls:
        if delivery_id := run.get("delivery_id"):
            _forget_result(call, str(delivery_id), delivery_log, deliveries)
    call_log.delete_call(call.account_id, call.session_id)


def _forget_result(call: Call, delivery_id: str, delivery_log: DeliveryLog, deliveries: DeliveryStore) -> None:
    try:
        delivery = delivery_log.find_delivery(call.account_id, delivery_id)
    except NotFound:
        return
    if delivery.result:
        deliveries.put_delivery(replace(delivery, result=""))
