"""The Lambda function after calls: `call_events.handler.handler`."""

from observability.loading import loading

with loading():
    from call_events.function import handler as handler
