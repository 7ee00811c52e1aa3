"""How an operator lets the peers of WebRTC in."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class IceTerms:
    """Where peers reach us."""

    addresses: Sequence[str] = ()
    """Of this machine, to listen on; none: all that a peer elsewhere may reach."""
    ports: range | None = None
    """UDP ports to listen on; None: any that is free."""
    public_address: str | None = None
    """The IPv4 address under which peers reach us, port for port, when a 1:1 NAT stands before us."""
