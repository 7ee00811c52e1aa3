"""Which addresses are this machine's own."""

from ipaddress import IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Whether the address is of the loopback interface, an IPv4 one written as IPv6 (RFC 4291 2.5.5.2) included."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
