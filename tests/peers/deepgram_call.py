"""One connection of the Deepgram peer: what both of its protocols have in common."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.peers.listener import Listener, Utterances
from tests.peers.vendor_server import Fault, Mouth

FINAL_DELAY_S = 0.05
UNREADABLE = '{"type": "Results", "channel": 7'


@dataclass
class Call:
    """One connection, as the vendor remembers it."""

    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    audio: bytearray = field(default_factory=bytearray)
    controls: list[str] = field(default_factory=list)
    """The types of the text messages."""

    def asked(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self.query if key == name]


class Hearing(ABC):
    """Takes what the client sends. A subclass says what follows from it."""

    def __init__(
        self, utterances: Utterances, call: Call, connection: ServerConnection, fault: Fault, idle_s: float
    ) -> None:
        self.query = dict(call.query)
        self._call, self._connection, self._idle_s = call, connection, idle_s
        self._rate_hz = int(self.query["sample_rate"])
        self.mouth = Mouth(connection, fault)
        self.listener = Listener(utterances, self._rate_hz)

    async def run(self) -> None:
        """Until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self.mouth.run())
            try:
                with suppress(ConnectionClosed):
                    await self._listen()
            finally:
                talking.cancel()

    @abstractmethod
    def control(self, kind: str) -> None:
        """A text message of this type came."""

    @abstractmethod
    def window(self, *, is_speech: bool) -> None:
        """Another window of audio came."""

    def say(self, message: Mapping[str, Any], delay_s: float = FINAL_DELAY_S) -> None:
        """Tell the client."""
        self.mouth.say(json.dumps(message), delay_s)

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    message = await self._connection.recv()
            except TimeoutError:
                return await self._connection.close(1011, "NET-0001: no audio")
            if isinstance(message, str):
                kind = str(json.loads(message).get("type"))
                self._call.controls.append(kind)
                self.control(kind)
            elif not message or message.startswith(b'{"type"'):
                return await self._connection.close(1008, "DATA-0000: this is no audio")
            else:
                await self._hear(message)

    async def _hear(self, pcm: bytes) -> None:
        self._call.audio += pcm
        for is_speech in self.listener.windows(pcm):
            self.window(is_speech=is_speech)
        await self.mouth.heard(len(self._call.audio) / self._rate_hz / 2, UNREADABLE)
