"""What a client of ours says in text beside its audio, as a leg hands it on; the same over every transport."""

from collections import deque
from collections.abc import Callable

from callcore.errors import RemoteProtocolError
from callcore.wire.client import (
    MAX_TEXT_FRAME_BYTES,
    MAX_TYPED_CHARS,
    AiAction,
    CloseCode,
    Dtmf,
    FunctionResult,
    Initiate,
    Ping,
    Pong,
    ServerMessage,
    UserText,
    Voice,
    parse_client_message,
)
from media_worker.ports.leg import FormReturned, KeyPressed, LegEvent, TypedText, VoiceWanted


class ClientMessages:
    """One client's. What can be answered at once is answered."""

    def __init__(self, answer: Callable[[ServerMessage], None]) -> None:
        self._answer = answer
        self.events: deque[LegEvent] = deque()
        """Not handed on yet, in order."""

    def take(self, text: str) -> Initiate | None:
        """One text frame: its events wait in `events`; an `initiate` is returned. Raises RemoteProtocolError."""
        if len(text.encode()) > MAX_TEXT_FRAME_BYTES:
            raise RemoteProtocolError("a text frame is too large", CloseCode.TOO_BIG)
        parsed = parse_client_message(text)
        match parsed:
            case Initiate():
                return parsed
            case Ping(data):
                self._answer(Pong(data))
            case FunctionResult(call_id, values):
                self.events.append(FormReturned(call_id, values))
            case UserText(typed):
                self._typed(typed.strip())
            case Dtmf(keys):
                self.events.extend(map(KeyPressed, keys))
            case Voice(on):
                self.events.append(VoiceWanted(on))
        return None

    def _typed(self, text: str) -> None:
        if len(text) > MAX_TYPED_CHARS:
            self._answer(AiAction(f"user_text was not taken: it is longer than {MAX_TYPED_CHARS} characters"))
        elif text:
            self.events.append(TypedText(text))
