"""The Lambda function of the console: `playground.handler.handler`."""

from observability.loading import load_before_snapshot, loading

with loading():
    from playground.function import handler as handler

load_before_snapshot("playground.aws")
