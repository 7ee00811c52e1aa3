"""The Lambda function that answers carriers: `telephony_webhook.handler.handler`."""

from observability.loading import load_before_snapshot, loading

with loading():
    from telephony_webhook.function import handler as handler

load_before_snapshot("telephony_webhook.aws")
