"""The request that a delivery is: what is sent, and where. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from callcore.accounts.account import Account
from callcore.calls.after_call import find_run, variables_of_call
from callcore.calls.call import Call
from callcore.deliveries.delivery import WebhookDelivery, delivery_id_of, webhook_of
from callcore.errors import InvalidInput
from callcore.jsontext import to_json
from callcore.tools.tool_request import HttpRequest, tool_request
from callcore.variables import render_url
from callcore.wire.webhooks import call_ended
from callnet.standard_webhooks import signed_headers


@dataclass(frozen=True)
class Outgoing:
    """One attempt."""

    destination: str
    """The address as its owner configured it."""
    request: HttpRequest
    is_function: bool = False
    """Its reply is the result of a function."""


def outgoing(
    delivery: WebhookDelivery, call: Call, account: Account, recording: Mapping[str, str] | None, now: float
) -> Outgoing:
    """What is to be sent now, signed. Raises InvalidInput when the configuration leads nowhere."""
    if delivery.delivery_id != delivery_id_of(call.session_id):
        return _function(delivery, call, account, now)
    webhook = webhook_of(call.agent_config)
    if webhook is None:
        raise InvalidInput("the call has no webhook")
    destination = webhook.url.strip()
    url = render_url(destination, variables_of_call(call))
    body = to_json(call_ended(call, recording)).encode()
    headers = {
        **webhook.headers,
        "Content-Type": "application/json",
        **signed_headers(delivery.delivery_id, now, body, account.webhook_secrets),
    }
    return Outgoing(destination, HttpRequest("POST", url, headers, body))


def _function(delivery: WebhookDelivery, call: Call, account: Account, now: float) -> Outgoing:
    """A function that runs after the call: as in the conversation, and with an id by which a repetition is known."""
    run = find_run(call, delivery.delivery_id)
    if run is None:
        raise InvalidInput("the call has no such function")
    tool, params = run
    request = tool_request(tool, params, call.session_id, call.metadata, variables_of_call(call))
    signature = signed_headers(delivery.delivery_id, now, request.body or b"", account.webhook_secrets)
    return Outgoing(tool.webhook.strip(), replace(request, headers={**request.headers, **signature}), is_function=True)
