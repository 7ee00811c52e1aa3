"""The Lambda function of REST: `api.handler.handler`."""

from observability.loading import loading

with loading():
    from api.function import handler as handler
