"""Whether a request comes from Twilio (telephony.md 1.2): its HTTP requests and its WebSocket upgrades alike.

A signature is the HMAC, under the account's auth token or a shared key, of the address exactly as Twilio asked for it
and, for a form, of every field with its value, blanks too. The address is built from our own configuration; what a
proxy made of the host is not it.
"""

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

SIGNATURE_HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
"""Of a request that a shared key signs: `key=…,algorithm=…`."""
DEFAULT_ALGORITHM = "HMAC_SHA1"
ALGORITHMS: Mapping[str, Callable[..., Any]] = {DEFAULT_ALGORITHM: hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
_DIGEST_BYTES = 12
Form = Iterable[tuple[str, str]]


def is_signed(url: str, form: Form, headers: Mapping[str, str], secret: str) -> bool:
    """Whether the signature in the headers is that of the request. `headers` have lower-case names.

    Twilio is not consistent about a port that goes without saying, so the address counts with and without it. An
    algorithm that is not known proves nothing.
    """
    given = headers.get(SIGNATURE_HEADER, "")
    algorithm = ALGORITHMS.get(_algorithm(headers.get(SETTINGS_HEADER, "")))
    if not (secret and given and algorithm):
        return False
    fields = tuple(form)
    expected = (signature(spelling, fields, secret, algorithm) for spelling in _spellings(urlsplit(url)))
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in expected)


def signature(url: str, form: Form, secret: str, algorithm: Callable[..., Any] = hashlib.sha1) -> str:
    """The signature as Twilio computes it: fields in order of name and value, each value of a name once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.new(secret.encode(), signed.encode(), algorithm).digest()).decode()


def upgrade_signatures(url: str, secret: str) -> tuple[str, ...]:
    """Every signature that Twilio may put on the upgrade of a media socket at this address: it has no fields."""
    spellings = _spellings(urlsplit(url))
    return tuple(signature(one, (), secret, algorithm) for one in spellings for algorithm in ALGORITHMS.values())


def digest(given: str) -> str:
    """A short text that only this signature makes, and that makes no signature."""
    return urlsafe_b64encode(hashlib.sha256(given.encode()).digest()[:_DIGEST_BYTES]).decode()


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return DEFAULT_ALGORITHM


def _spellings(url: SplitResult) -> tuple[str, str]:
    """Without and with its port; for `wss` Twilio's is that of plain HTTP."""
    host = url.hostname or ""
    port = 443 if url.scheme == "https" else 80
    without = urlunsplit(url._replace(netloc=host)) if url.port else urlunsplit(url)
    return without, urlunsplit(url) if url.port else urlunsplit(url._replace(netloc=f"{url.netloc}:{port}"))
