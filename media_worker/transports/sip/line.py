"""What all calls of an endpoint share: who we are to others, the transactions, and the words of every message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from media_worker.transports.sip.message import NO_BODY, Body, Headers, write_response
from media_worker.transports.sip.routing import Hop, reply_headers, response_hop
from media_worker.transports.sip.transactions import Key, Transactions, Transmit

COOKIE = "z9hG4bK"
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request that waits for our response."""

    key: Key
    headers: Headers
    source: Hop


@dataclass(frozen=True)
class Line:
    """One endpoint's."""

    host: str
    """The public address, where the peers' requests and audio are to go."""
    port: int
    token: Callable[[], str]
    """Makes what nobody can guess: tags, branches, session ids."""
    transactions: Transactions
    stateless_tag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stateless_tag", self.token())

    @property
    def ip_version(self) -> int:
        """Of the address that peers send audio to."""
        return ip_address(self.host).version

    @property
    def _host_port(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def contact(self, hop: Hop) -> tuple[str, str]:
        """Where the peer of that hop reaches this task, whatever stands between it and the first request."""
        transport = ";transport=tcp" if hop.reliable else ""
        return "Contact", f"<sip:{self._host_port}{transport}>"

    def via(self, hop: Hop, branch: str) -> str:
        """Of a request of ours."""
        return f"SIP/2.0/{hop.transport} {self._host_port};branch={branch};rport"

    def branch(self) -> str:
        """Of a new transaction."""
        return COOKIE + self.token()

    def respond(
        self, asked: Asked, status: int, now: float, tag: str = "", fields: Fields = (), body: Body = NO_BODY
    ) -> list[Transmit]:
        """Answer it. `tag`: ours in the dialog, if there is or will be one."""
        data = self.write_response(asked, status, tag, fields, body)
        vias = asked.headers.all("Via")
        return self.transactions.respond(asked.key, status, data, now, response_hop(vias, asked.source))

    def stateless(self, headers: Headers, source: Hop, status: int, fields: Fields = ()) -> Transmit:
        """A response without a transaction: whoever asks again is answered again, by the same tag (RFC 3261, 8.2.7)."""
        data = write_response(status, reply_headers(headers, source, self.stateless_tag).plus(*fields))
        return Transmit(data, response_hop(headers.all("Via"), source))

    def write_response(self, asked: Asked, status: int, tag: str, fields: Fields, body: Body = NO_BODY) -> bytes:
        """The response on the wire."""
        # RFC 3261, 12.1.1: what establishes a dialog tells the caller the way, as the proxies on it wrote it down.
        routes = asked.headers.all("Record-Route") if 100 < status < 300 else ()
        way = [("Record-Route", route) for route in routes]
        return write_response(status, reply_headers(asked.headers, asked.source, tag).plus(*way, *fields), body)
