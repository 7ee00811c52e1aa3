"""Whether the user's microphone is in use: a session may do without one, and one may come and go.

A client that has a microphone sends its sound without a pause, zeros when it is muted. While no sound comes the
recogniser is let go: most vendors take a stream without sound for broken.
"""

from collections.abc import Callable

from media_worker.conversation.events import Event, MicrophoneClosed, MicrophoneOpened

SILENT_S = 10.0
"""Without sound for so long it is closed; a network that stalls is back sooner."""
TYPED_S = 1.0
"""Whoever types, and has sent no sound for so long, has closed it."""


class Microphone:
    """One session's microphone. Times are on the session's clock."""

    def __init__(self, listen: Callable[[], None], let_go: Callable[[], None], post: Callable[[Event], None]) -> None:
        """`listen` opens the recogniser, `let_go` closes it; `post` takes the news. It is closed until sound comes."""
        self._listen = listen
        self._let_go = let_go
        self._post = post
        self._heard_at: float | None = None
        """When sound came last; None: it is closed."""

    def heard(self, now: float) -> None:
        """Sound has come."""
        was_closed = self._heard_at is None
        self._heard_at = now
        if was_closed:
            self._listen()
            self._post(MicrophoneOpened())

    def typed(self, now: float) -> None:
        """The user has typed."""
        self._close_after(TYPED_S, now)

    def look(self, now: float) -> None:
        """Call it from time to time."""
        self._close_after(SILENT_S, now)

    def _close_after(self, wait_s: float, now: float) -> None:
        if self._heard_at is not None and now - self._heard_at > wait_s:
            self._heard_at = None
            self._let_go()
            self._post(MicrophoneClosed())
