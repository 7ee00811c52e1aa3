"""Which stream of a customer's model is the one that is wanted. Pure.

Ids grow with every request; what bears a lower one answers something that is over. Some servers greet with id 1 before
they were sent anything (protocol.md 5.2): an id that was not used yet belongs to what is wanted now, and is skipped.
"""


class Streams:
    """One call's ids."""

    def __init__(self) -> None:
        self.current = -1
        """What is wanted now; -1: nothing was asked for yet."""
        self._highest_seen = -1

    def begin(self) -> int:
        """The id of the next request; what came before is stale from now on."""
        self.current = max(self.current, self._highest_seen) + 1
        return self.current

    def is_wanted(self, stream_id: int | None) -> bool:
        """Whether what bears this id answers what is wanted now; without an id it does."""
        if stream_id is None:
            return True
        if stream_id < self.current:
            return False
        self._highest_seen = max(self._highest_seen, stream_id)
        return True
