"""The Lambda function of REST: `api.handler.handler`."""

from observability.loading import load_before_snapshot, loading

with loading():
    from api.function import handler as handler

load_before_snapshot("api.aws")
