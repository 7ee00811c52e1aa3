"""Our signatures, verified by the specification's own library."""

import json
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from callnet.standard_webhooks import new_webhook_secret, signed_headers

BODY = json.dumps({"session_id": "s-1", "chat": "[]"}).encode()


def now() -> float:
    """As the library sees it, which compares with its own clock."""
    return time.time()


def test_the_library_accepts_them_with_the_new_and_with_the_old_secret() -> None:
    new, old = new_webhook_secret(), new_webhook_secret()
    headers = signed_headers("call.ended:s-1", now(), BODY, (new, old))
    assert headers["webhook-id"] == "call.ended:s-1"
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize(("body", "id_", "age_s"), [(BODY + b" ", "a", 0), (BODY, "b", 0), (BODY, "a", 3_600)])
def test_the_library_refuses_what_was_changed_or_is_old(body: bytes, id_: str, age_s: float) -> None:
    secret = new_webhook_secret()
    headers = signed_headers("a", now() - age_s, BODY, (secret,)) | {"webhook-id": id_}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_another_secret_is_refused_and_none_is_no_signature() -> None:
    headers = signed_headers("a", now(), BODY, (new_webhook_secret(),))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify(BODY, headers)
    assert "webhook-signature" not in signed_headers("a", now(), BODY, ())
