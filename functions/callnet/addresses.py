"""Which network addresses a customer's URL may lead to: public ones only (architecture.md 7). Pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

NOT_PUBLIC = {
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "this machine": ("0.0.0.0/8", "127.0.0.0/8", "::/128", "::1/128"),
    "link-local, where clouds keep their metadata and credentials": ("169.254.0.0/16", "fe80::/10"),
    "a carrier's own (RFC 6598)": ("100.64.0.0/10",),
    "a cloud's own": ("168.63.129.16/32",),
    "for protocols, documentation and tests": (
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
    ),
    "multicast or reserved": ("224.0.0.0/4", "240.0.0.0/4", "ff00::/8"),
}
"""The IANA special-purpose registries, with the addresses that clouds put aside."""

_NETWORKS = [(ip_network(text), what) for what, networks in NOT_PUBLIC.items() for text in networks]
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_FOUR_BYTES = 0xFFFFFFFF


def obstacle(text: str) -> str | None:
    """Why nothing may be sent to that address; None for a public one. Raises ValueError when it is no address."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "an address of one network link"
    for candidate in (address, *_wrapped(address)):
        for network, what in _NETWORKS:
            if candidate.version == network.version and candidate in network:
                return what
    return None


def _wrapped(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, compatible, translated (NAT64), 6to4."""
    if isinstance(address, IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour]
    if address in _NAT64 or address in _LOCAL_NAT64 or address in _COMPATIBLE:
        found.append(IPv4Address(int(address) & _FOUR_BYTES))
    return tuple(inner for inner in found if inner is not None)
