"""Signature Version 4 of a presigned URL, worked out by hand from AWS's specification: it owes botocore nothing."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

MAX_EXPIRES_S = 300


def complaint(path: str, query: str, host: str, *, service: str, region: str, keys: dict[str, str]) -> str:
    """What is wrong with a presigned GET; empty: nothing. `keys`: secrets by their ids."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    signature = given.pop("X-Amz-Signature", "")
    key_id, _, scope = given.get("X-Amz-Credential", "").partition("/")
    stamp, expires_s = given.get("X-Amz-Date", ""), int(given.get("X-Amz-Expires", "0"))
    if key_id not in keys:
        return "UnrecognizedClientException"
    if scope != f"{stamp[:8]}/{region}/{service}/aws4_request":
        return "SignatureDoesNotMatch: scope"
    if given.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" or given.get("X-Amz-SignedHeaders") != "host":
        return "IncompleteSignature"
    signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    age = datetime.now(UTC) - signed_at
    if not timedelta(minutes=-5) <= age <= timedelta(seconds=expires_s) or not 0 < expires_s <= MAX_EXPIRES_S:
        return "Signature expired"
    canonical_query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(given.items()))
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(("GET", path, canonical_query, f"host:{host}\n", "host", empty))
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys[key_id]}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(expected, signature) else "SignatureDoesNotMatch"


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
