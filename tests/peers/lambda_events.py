"""Events as AWS sends them to a function (AWS Lambda developer guide; payload format 2.0 of an HTTP API)."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote_plus

_REQUEST_ID = "JKJaXmPLvHcESHA="
_HEADERS = {"host": "id.execute-api.eu-west-1.amazonaws.com", "x-forwarded-proto": "https", "accept": "*/*"}


def http_api(
    method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> dict[str, Any]:
    """A request through API Gateway's HTTP API. A body that is no text comes in base64."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**_HEADERS, **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": _HEADERS["host"],
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": _REQUEST_ID,
            "routeKey": "ANY /{proxy+}",
            "stage": "$default",
            "time": "20/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795176000000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if body is not None:
        event |= _body(body)
    return event


def load_balancer(
    method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> dict[str, Any]:
    """A request through an Application Load Balancer, whose parameters stay encoded."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {
        "requestContext": {
            "elb": {
                "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/parley/0123456789"
            }
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {quote_plus(name): quote_plus(value) for name, value in pairs},
        "headers": {
            **_HEADERS,
            "x-amzn-trace-id": "Root=1-5c536348-3d683b8b04734faae651f476",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            **(headers or {}),
        },
        **_body(body),
    }


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def sqs_batch(bodies: Sequence[str], attempt: int = 1) -> dict[str, Any]:
    """A batch of an event source mapping; the message ids are 0, 1, …"""
    return {"Records": [_sqs_record(str(number), body, attempt) for number, body in enumerate(bodies)]}


def _sqs_record(message_id: str, body: str, attempt: int) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(attempt),
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:call-events",
        "awsRegion": "eu-west-1",
    }


def schedule(written: str) -> dict[str, Any]:
    """The tick of a schedule, whose event is the template's `Input`."""
    tick: dict[str, Any] = json.loads(written)
    return tick
