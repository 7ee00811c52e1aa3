"""The request that a delivery is: what is sent, and where. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcore.accounts import Account
from callcore.calls import Call
from callcore.deliveries import WebhookDelivery, webhook_of
from callcore.errors import InvalidInput
from callcore.jsontext import to_json
from callcore.tool_request import HttpRequest
from callcore.variables import render_url, variables_of
from callcore.wire.webhooks import call_ended
from callnet.standard_webhooks import signed_headers


@dataclass(frozen=True)
class Outgoing:
    """One attempt."""

    destination: str
    """The address as its owner configured it."""
    request: HttpRequest


def outgoing(
    delivery: WebhookDelivery, call: Call, account: Account, recording: Mapping[str, str] | None, now: float
) -> Outgoing:
    """What is to be sent now, signed. Raises InvalidInput when the configuration leads nowhere."""
    webhook = webhook_of(call.agent_config)
    if webhook is None:
        raise InvalidInput("the call has no webhook")
    destination = webhook.url.strip()
    url = render_url(destination, variables_of(call.metadata, {"session_id": call.session_id}))
    body = to_json(call_ended(call, recording)).encode()
    headers = {
        **webhook.headers,
        "Content-Type": "application/json",
        **signed_headers(delivery.delivery_id, now, body, account.webhook_secrets),
    }
    return Outgoing(destination, HttpRequest("POST", url, headers, body))
