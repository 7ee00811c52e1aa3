"""Registered calls of agents that opt out of data collection: their metadata waits sealed until they begin."""

from dataclasses import replace

from callcore.calls.call import Call
from callcore.calls.ports import CallStore
from callcore.calls.privacy import opted_out
from callcore.deliveries.outbox import PrivateReports


def register_call(call: Call, calls: CallStore, reports: "PrivateReports") -> None:
    """Store a call that begins later. Raises Conflict when its session id is taken, and StoreError."""
    calls.begin_call(without_private(call, reports))


def without_private(call: Call, reports: "PrivateReports") -> Call:
    """The call as its row may hold it; the rest is kept for a day, as the registration is. Raises StoreError."""
    if not opted_out(call.agent_config) or not call.metadata:
        return call
    from callcore.deliveries.private_report import PrivateReport

    reports.keep(call.account_id, call.session_id, PrivateReport((), call.metadata), call.started_at)
    return replace(call, metadata={})


def with_its_metadata(call: Call, reports: "PrivateReports | None", now: float) -> Call:
    """A registered call as it was registered. `now` is unix seconds. Raises StoreError."""
    if reports is None or not opted_out(call.agent_config):
        return call
    report = reports.read(call.account_id, call.session_id, now)
    return call if report is None else replace(call, metadata=report.metadata)
