"""Which addresses are this machine's own, and which requests come from them without a detour."""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

FORWARDING_HEADERS = frozenset({"x-forwarded-for", "forwarded", "x-real-ip", "via", "cf-connecting-ip"})
"""What proxies add, in lower case."""


def is_loopback(host: str) -> bool:
    """Whether the address is of the loopback interface, an IPv4 one written as IPv6 (RFC 4291 2.5.5.2) included."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_forwarded(header_names: Collection[str]) -> bool:
    """Whether a request with headers of these names, in lower case, came through a proxy."""
    return not FORWARDING_HEADERS.isdisjoint(header_names)
