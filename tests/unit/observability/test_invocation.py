"""What surrounds the work of a function."""

import json
import logging
from dataclasses import dataclass

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from observability.invocation import NAMESPACE, Context, Event, Reply, correlation_id, observed


@dataclass(frozen=True)
class Invocation:
    aws_request_id: str = "invocation-1"
    function_name: str = "parley-api"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:parley-api"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"requestContext": {"requestId": "api-1"}}, "api-1"),
        ({"requestContext": {"elb": {}}, "headers": {"x-amzn-trace-id": "Root=1-2-3"}}, "Root=1-2-3"),
        ({"requestContext": {"elb": {}}, "multiValueHeaders": {"x-amzn-trace-id": ["Root=1-2-3"]}}, "Root=1-2-3"),
        ({"requestContext": {"elb": {}}, "headers": {}}, None),
        ({"Records": []}, None),
    ],
)
def test_a_request_is_named_as_it_is_outside(event: Event, expected: str | None) -> None:
    assert correlation_id(event) == expected


def test_every_line_names_its_invocation_and_metrics_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    def handle(event: Event, context: Context, metrics: Metrics) -> Reply:
        logging.getLogger("call_events").warning("a call was lost with its worker", extra={"worker_id": "w-1"})
        metrics.add_metric(name="CallsLost", unit=MetricUnit.Count, value=2)
        return {"done": True}

    handler = observed("unit", "INFO", handle)
    assert handler({"requestContext": {"requestId": "api-1"}}, Invocation()) == {"done": True}
    assert handler({"detail-type": "Scheduled Event"}, Invocation("invocation-2")) == {"done": True}
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [line for line in written if line.get("message")]
    assert [line["correlation_id"] for line in said] == ["api-1", "invocation-2"]
    assert [line["function_request_id"] for line in said] == ["invocation-1", "invocation-2"]
    counted = [line for line in written if "CallsLost" in line]
    assert [line["CallsLost"] for line in counted] == [[2.0], [2.0]]
    (directive,) = counted[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["service"]]
