"""The Lambda function of the console: `playground.handler.handler`."""

from observability.loading import loading

with loading():
    from playground.function import handler as handler
