"""Which of a peer's candidates are tried (RFC 8839 5.1): a stranger must not have us knock where he cannot."""

import ipaddress
import re
from dataclasses import dataclass

MAX_CANDIDATES = 20
"""Of one peer; browsers have fewer than ten. Who comes from elsewhere is found by his own checks (RFC 8445 7.3.1.3)."""


def is_tried(candidate: str, *, behind_nat: bool) -> bool:
    """Whether to send checks to the candidate of this line, from `candidate:` on.

    A name is not: it would be looked up by multicast, and its owner's checks reach us. Behind a public address of ours
    no private one is: it would be of our network, not of the peer's.
    """
    parts = candidate.split()
    if len(parts) < 8 or parts[2].lower() != "udp":
        return False
    try:
        address = ipaddress.ip_address(parts[4])
        port = int(parts[5])
    except ValueError:
        return False
    if not 1024 <= port <= 65535 or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return not (behind_nat and address.is_private)


@dataclass(frozen=True)
class Fragment:
    """What a peer adds to its offer (RFC 8840 9)."""

    ufrag: str | None
    """Whose candidates they are; None: it does not say."""
    candidates: tuple[tuple[str, str | None], ...]
    """Each from `candidate:` on, with the section that it is for."""


def read_fragment(text: str) -> Fragment:
    """The lines that mean something to us; the others are left out."""
    ufrag = mid = None
    candidates: list[tuple[str, str | None]] = []
    for line in re.split(r"\r?\n", text):
        name, _, value = line.strip().partition(":")
        match name:
            case "a=ice-ufrag":
                ufrag = value
            case "a=mid":
                mid = value
            case "a=candidate":
                candidates.append((line.strip()[2:], mid))
    return Fragment(ufrag, tuple(candidates))
