"""Requests that we send within a dialog (RFC 3261, 12.2.1): BYE, REFER and re-INVITE."""

from media_worker.transports.sip.dialog import Dialog
from media_worker.transports.sip.line import Fields, Line
from media_worker.transports.sip.message import NO_BODY, Body, Response
from media_worker.transports.sip.transactions import Key, Transmit, client_key


class OwnRequests:
    """Those of one call, until they are answered."""

    def __init__(self, line: Line, dialog: Dialog) -> None:
        self._line, self._dialog = line, dialog
        self._method: dict[Key, str] = {}
        self._cseq: dict[Key, int] = {}
        self._pending: set[Key] = set()

    @property
    def is_offering(self) -> bool:
        """A re-INVITE of ours has no final response yet."""
        return any(self._method[key] == "INVITE" for key in self._pending)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Of all that were sent."""
        return tuple(self._method)

    def send(self, method: str, now: float, fields: Fields = (), body: Body = NO_BODY) -> list[Transmit]:
        """Send one."""
        hop, branch = self._dialog.hop, self._line.branch()
        key, cseq, via = client_key(branch, method), self._dialog.next_cseq(), self._line.via(hop, branch)
        self._method[key], self._cseq[key] = method, cseq
        self._pending.add(key)
        outcomes = self._line.transactions.open_client(
            key, self._dialog.write(method, cseq, via, fields, body), hop, now
        )
        if method == "INVITE":
            # RFC 3261, 17.1.1.3: the ACK of a failure has the Via of its request.
            self._line.transactions.acknowledge_with(key, self._dialog.write("ACK", cseq, via))
        return outcomes

    def responded(self, key: Key, response: Response) -> tuple[str, list[Transmit]]:
        """What it answers, the first time, and the ACK that a 2xx to INVITE is owed; nothing for a copy of it."""
        outcomes: list[Transmit] = []
        method = self._method[key]
        if method == "INVITE" and 200 <= response.status < 300:
            if key in self._pending:
                self._dialog.retarget(response.headers.all("Contact"))
            hop = self._dialog.hop
            via = self._line.via(hop, self._line.branch())
            outcomes.append(Transmit(self._dialog.write("ACK", self._cseq[key], via), hop))
        if key not in self._pending:
            return "", outcomes
        if response.status >= 200:
            self._pending.discard(key)
        return method, outcomes

    def unanswered(self, key: Key) -> str:
        """What was not answered in time."""
        self._pending.discard(key)
        return self._method[key]
