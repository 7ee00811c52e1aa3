"""Under which address the internet sees this machine, where a 1:1 NAT stands before it: Fargate's, say."""

import logging
from ipaddress import AddressValueError, IPv4Address

import httpx2

WHO_AM_I = "https://checkip.amazonaws.com"
"""Answers with the address that asks (AWS's documentation of security groups names it for that)."""
ANSWER_S = 5.0
ATTEMPTS = 3
log = logging.getLogger(__name__)


async def read_public_address(http: httpx2.AsyncClient, url: str = WHO_AM_I) -> str | None:
    """The address; None, and an error in the log, when nobody tells it: there are no calls over WebRTC and SIP then."""
    for _ in range(ATTEMPTS):
        try:
            reply = await http.get(url, timeout=ANSWER_S)
            reply.raise_for_status()
            return str(IPv4Address(reply.text.strip()))
        except (httpx2.HTTPError, AddressValueError) as error:
            failure = type(error).__name__
    log.error("the public address is not known: calls over WebRTC and SIP are refused", extra={"error": failure})
    return None
