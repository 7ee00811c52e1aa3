"""One connection to a vendor of voices, and the texts that are spoken over it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import CharactersBilled, SpeakRequest, SpeechEvent
from media_worker.providers.spoken_text import SpokenText
from media_worker.providers.vendor_socket import vendor_socket, write
from media_worker.providers.voice_dialect import Address, Frame, Heard, Over, SocketVendor

MINUTE_S = 60.0
log = logging.getLogger(__name__)


class VoiceLine:
    """One connection. `run` must be running while something is said."""

    def __init__(self, vendor: SocketVendor, address: Address, *, moved: Callable[[], None]) -> None:
        """`moved` is called whenever there may be more room."""
        self.address = address
        self.lived_s = 0.0
        """How long the connection lasted, when it is over."""
        self._vendor = vendor
        self._dialect = vendor.dialect()
        self._moved = moved
        self._loop = asyncio.get_running_loop()
        self._connection: ClientConnection | None = None
        self._texts: dict[str, SpokenText] = {}
        self._left: set[str] = set()
        """Those whom nobody listens to any more, until the vendor knows."""
        self._begun_at: deque[float] = deque()
        """When the texts of the last minute began."""
        self._is_over = False

    @property
    def has_room(self) -> bool:
        """Another text may be said."""
        now, limits = self._loop.time(), self._vendor.limits
        while self._begun_at and self._begun_at[0] <= now - MINUTE_S:
            self._begun_at.popleft()
        is_free = limits.texts_per_minute is None or len(self._begun_at) < limits.texts_per_minute
        return is_free and not self._is_over and len(self._texts) < limits.contexts

    @property
    def makes_room(self) -> bool:
        """A text that was left is still to be stopped."""
        return bool(self._left) and not self._is_over

    @property
    def is_idle(self) -> bool:
        """Nobody listens."""
        return len(self._texts) == len(self._left)

    def say(self, context_id: str, request: SpeakRequest) -> SpokenText:
        """Have a text spoken, as soon as the connection is open. There must be room."""
        text = self._texts[context_id] = SpokenText(self._vendor.name, context_id, request)
        self._begun_at.append(self._loop.time())
        if self._connection is not None:
            self._transmit(self._connection, text)
        return text

    def _transmit(self, connection: ClientConnection, text: SpokenText) -> None:
        for frame in self._dialect.say(text.context_id, text.request):
            write(connection, frame)
        text.hear(CharactersBilled(len(text.request.text)))

    def leave(self, text: SpokenText) -> None:
        """Nobody listens to this text any more; twice is fine."""
        context_id = text.context_id
        if context_id not in self._texts or context_id in self._left:
            return
        if self._connection is None:
            del self._texts[context_id]
            return
        for frame in self._dialect.leave(context_id):
            write(self._connection, frame)
        if self._vendor.limits.left_count:
            self._left.add(context_id)
        else:
            del self._texts[context_id]

    async def run(self) -> None:
        """Open the connection and hear what comes over it until it is closed; raises nothing but cancellation."""
        opened_at = self._loop.time()
        try:
            async with vendor_socket(self._vendor.name, self.address.url, self.address.headers) as connection:
                self._connection = connection
                opened_at = self._loop.time()
                for text in self._texts.values():
                    self._transmit(connection, text)
                failure = await self._hear(connection)
        except ProviderError as error:
            failure = error
        except Exception:
            log.exception("a connection to a voice failed")
            failure = ProviderError(self._vendor.name, ProviderFailure.UNAVAILABLE, "internal error")
        finally:
            self._is_over, self._connection = True, None
        self.lived_s = self._loop.time() - opened_at
        for text in self._texts.values():
            text.hear(failure)
        self._moved()

    async def _hear(self, connection: ClientConnection) -> ProviderError:
        """Until it is closed, and why."""
        try:
            while True:
                for heard in self._understood(await connection.recv()):
                    concerned = [heard.context_id] if heard.context_id is not None else list(self._texts)
                    for context_id in concerned:
                        self._tell(context_id, heard.what)
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return self._dialect.closed(frame.code if frame else None, frame.reason if frame else "")

    def _understood(self, message: Frame) -> tuple[Heard, ...]:
        try:
            return self._dialect.receive(message)
        except (ValueError, LookupError, TypeError, AttributeError):
            # Neither its words nor ours: the message may hold the text.
            raise ProviderError(self._vendor.name, ProviderFailure.UNAVAILABLE, "it cannot be understood") from None

    def _tell(self, context_id: str, what: SpeechEvent | Over | ProviderError) -> None:
        text = self._texts.get(context_id)
        if text is None:
            return
        text.hear(what)
        if text.is_over:
            del self._texts[context_id]
            self._left.discard(context_id)
            self._moved()
