"""The Lambda function after calls: `call_events.handler.handler`."""

from observability.loading import load_before_snapshot, loading

with loading():
    from call_events.function import handler as handler

load_before_snapshot("call_events.aws")
