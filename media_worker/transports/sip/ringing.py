"""The 180 of a call, which is sent again until its PRACK comes where the caller requires that (RFC 3262)."""

import re

from media_worker.transports.sip.line import Asked, Line
from media_worker.transports.sip.message import Request
from media_worker.transports.sip.transaction import GIVE_UP_S, T1_S
from media_worker.transports.sip.transactions import Transmit

EXTENSION = "100rel"
RSEQ = 1
"""There is one such response in a call. That its number is chance protects nothing that the tags do not."""
_RACK = re.compile(r"([0-9]{1,10})[ \t]+([0-9]{1,10})[ \t]+([A-Z]+)")


class Ringing:
    """One call's. While it rings, `again` and `is_over` are asked at its deadline."""

    def __init__(self, line: Line, invite: Request, asked: Asked, tag: str) -> None:
        """`tag`: ours in the dialog."""
        self._line, self._invite, self._asked, self._tag = line, invite, asked, tag
        self._is_reliable = EXTENSION in invite.headers.tokens("Require")
        self._wait_s = T1_S
        self._again_at: float | None = None
        """None: nothing waits for a PRACK."""
        self._give_up_at = 0.0

    def begin(self, now: float) -> list[Transmit]:
        """The caller hears it ring, unless he made no offer and requires that it be sure.

        "If the initial offer is not in an INVITE, it MUST be in the first reliable non-failure message" (RFC 3261,
        13.2.1): our ports are told with the 200, which is one; and nobody must ring.
        """
        if self._is_reliable:
            if not self._invite.body:
                return []
            self._again_at, self._give_up_at = now + T1_S, now + GIVE_UP_S
        return self._ring(now)

    @property
    def deadline(self) -> float | None:
        """When it is sent again, or given up."""
        return None if self._again_at is None else min(self._again_at, self._give_up_at)

    def is_over(self, now: float) -> bool:
        """No PRACK came in its time: the call is to be refused."""
        return self._again_at is not None and self._give_up_at <= now

    def again(self, now: float) -> list[Transmit]:
        """What is due: from T1 on it takes twice as long every time (RFC 3262, 3)."""
        if self._again_at is None or self._again_at > now:
            return []
        self._wait_s *= 2
        self._again_at += self._wait_s
        return self._ring(now)

    def acknowledged(self, prack: Request) -> int:
        """A PRACK came; the status of the answer. It may come after the call was answered."""
        found = _RACK.fullmatch((prack.headers.get("RAck") or "").strip())
        if found is None:
            return 400
        meant = int(found[1]), int(found[2]), found[3]
        if self._again_at is None or meant != (RSEQ, self._invite.cseq.sequence, "INVITE"):
            return 481
        self._again_at = None
        # An offer has no place here: the first one is answered with the 200.
        return 488 if prack.body else 200

    def _ring(self, now: float) -> list[Transmit]:
        sure = [("Require", EXTENSION), ("RSeq", str(RSEQ))] if self._is_reliable else []
        return self._line.respond(self._asked, 180, now, self._tag, [self._line.contact(self._asked.source), *sure])
