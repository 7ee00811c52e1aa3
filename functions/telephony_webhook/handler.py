"""The Lambda function that answers carriers: `telephony_webhook.handler.handler`."""

from observability.loading import loading

with loading():
    from telephony_webhook.function import handler as handler
