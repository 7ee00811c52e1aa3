"""What surrounds the work of every function: the fields of its log lines and its metrics."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from observability.logs import configure_logs

Event = dict[str, Any]
Context = Any
"""Lambda's own, of which `function_name` and `aws_request_id` are used."""
Reply = Mapping[str, Any] | None

NAMESPACE = "Parley"
"""Of the metrics; infra/alarms.yaml looks there."""
_TRACE_HEADER = "x-amzn-trace-id"


def observed(service: str, log_level: str, handle: Callable[[Event, Context, Metrics], Reply]) -> Callable[..., Reply]:
    """The handler that Lambda calls: `handle` with log lines that name the invocation, and with metrics that are sent.

    Metrics have no dimension but the service: another one for each call would be another bill for each call.
    """
    logger = configure_logs(service, log_level)
    metrics = Metrics(namespace=NAMESPACE, service=service)

    @metrics.log_metrics(capture_cold_start_metric=True)
    def handler(event: Event, context: Context) -> Reply:
        _describe(logger, event, context)
        return handle(event, context, metrics)

    observed_handle: Callable[..., Reply] = handler
    return observed_handle


def _describe(logger: Logger, event: Event, context: Context) -> None:
    logger.append_keys(function_name=context.function_name, function_request_id=context.aws_request_id)
    logger.set_correlation_id(correlation_id(event) or context.aws_request_id)


def correlation_id(event: Event) -> str | None:
    """What names the request outside too: API Gateway's id, or the trace that a load balancer has begun."""
    request: Any = event.get("requestContext") or {}
    if "requestId" in request:
        return str(request["requestId"])
    headers: Any = event.get("headers") or {}
    several: Any = event.get("multiValueHeaders") or {}
    trace = headers.get(_TRACE_HEADER) or next(iter(several.get(_TRACE_HEADER, ())), None)
    return None if trace is None else str(trace)
