"""The speech process: recognises and speaks for a worker, because pocketsphinx holds the GIL while it computes.

Recognition runs on the main thread in the order in which audio arrives; the voice has a thread of its own and says
one text at a time. The process ends when its parent does: stdin closes then, even after kill -9.
"""

import json
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from media_worker.providers.local.flite_library import Flite, FliteMissing
from media_worker.providers.local.pronunciation import Pronunciations
from media_worker.providers.local.recogniser import (
    DICTIONARY,
    OPEN_ENGLISH,
    DecoderShelf,
    Heard,
    Listener,
    parse_request,
)
from media_worker.providers.local.speech_frames import Frame, FrameKind, FrameReader

_READ_BYTES = 64 * 1024
_SOUND_BYTES = 4_000
"""After the first piece of a voice's audio, pieces are joined to about this size."""
_GIL_SWITCH_S = 0.001

Send = Callable[[FrameKind, int, bytes], None]


class Mouth:
    """Says texts one after another, on a thread of its own."""

    def __init__(self, flite_directory: Path | None, send: Send) -> None:
        self._send = send
        self._missing = ""
        self._flite: Flite | None = None
        try:
            self._flite = Flite(flite_directory)
        except FliteMissing as error:
            self._missing = str(error)
        self._texts: deque[tuple[int, str, str]] = deque()
        self._wanted: set[int] = set()
        self._changed = threading.Condition()

    def pronunciation(self, word: str) -> Sequence[str]:
        """By the voice's rules; empty when there is no voice."""
        return () if self._flite is None else self._flite.pronunciation(word)

    def say(self, channel: int, voice: str, text: str) -> None:
        """Queue a text; SOUND frames and a SPOKEN follow."""
        with self._changed:
            self._wanted.add(channel)
            self._texts.append((channel, voice, text))
            self._changed.notify()

    def hush(self, channel: int) -> None:
        """Forget the channel's texts, also the one that is being said."""
        with self._changed:
            self._wanted.discard(channel)
            self._texts = deque(text for text in self._texts if text[0] != channel)

    def run(self) -> None:
        """Speak for ever."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._texts)
                channel, voice, text = self._texts.popleft()
            self._speak(channel, voice, text)

    def _speak(self, channel: int, voice: str, text: str) -> None:
        gathered = bytearray()
        size = 1

        def on_audio(pcm: bytes) -> bool:
            nonlocal size
            gathered.extend(pcm)
            if len(gathered) >= size:
                self._send(FrameKind.SOUND, channel, bytes(gathered))
                gathered.clear()
                size = _SOUND_BYTES
            return channel in self._wanted

        try:
            if self._flite is None:
                raise FliteMissing(self._missing)
            self._flite.speak(voice, text, on_audio)
        except Exception as error:
            # One text; the thread goes on with the others.
            self.hush(channel)
            detail = str(error) if isinstance(error, FliteMissing) else f"the voice failed: {type(error).__name__}"
            self._send(FrameKind.FAILED, channel, failure(detail))
            return
        if channel in self._wanted:
            if gathered:
                self._send(FrameKind.SOUND, channel, bytes(gathered))
            self._send(FrameKind.SPOKEN, channel, b"")


class Ears:
    """The open recognitions."""

    def __init__(self, shelf: DecoderShelf, send: Send) -> None:
        self._shelf = shelf
        self._send = send
        self._listeners: dict[int, Listener] = {}

    def handle(self, frame: Frame) -> None:
        """Deal with a frame about recognition. A failure is its channel's alone."""
        try:
            if frame.kind is FrameKind.LISTEN:
                self._open(frame)
            elif frame.channel in self._listeners:  # else it is late: the channel was closed or has failed
                self._pass_on(frame, self._listeners[frame.channel])
        except Exception as error:
            self._listeners.pop(frame.channel, None)
            self._send(FrameKind.FAILED, frame.channel, failure(f"the recogniser failed: {type(error).__name__}"))

    def _pass_on(self, frame: Frame, listener: Listener) -> None:
        if frame.kind is FrameKind.HEAR:
            for heard in listener.hear(frame.payload):
                self._tell(frame.channel, heard)
        elif frame.kind is FrameKind.FLUSH:
            self._tell(frame.channel, listener.finish())
        elif frame.kind is FrameKind.CLOSE:
            self._listeners.pop(frame.channel).close()

    def _open(self, frame: Frame) -> None:
        rate_hz, book = parse_request(frame.payload)
        skipped = 0 if book == OPEN_ENGLISH else len(self._shelf.grammar(book).skipped)
        listener = Listener(self._shelf, rate_hz, book)
        listener.warm()
        self._listeners[frame.channel] = listener
        self._send(FrameKind.LISTENING, frame.channel, json.dumps({"skipped": skipped}).encode())

    def _tell(self, channel: int, heard: Heard) -> None:
        text = heard.text.encode()
        if heard.is_final:
            self._send(FrameKind.FINAL, channel, bytes([heard.rejected]) + text)
        else:
            self._send(FrameKind.PARTIAL, channel, text)


def failure(detail: str) -> bytes:
    """The payload of a FAILED frame."""
    return json.dumps({"failure": "unavailable", "detail": detail}).encode()


def sender(descriptor: int) -> Send:
    """Writes whole frames, from any thread. The process ends when nobody reads them any more."""
    lock = threading.Lock()

    def send(kind: FrameKind, channel: int, payload: bytes) -> None:
        data = memoryview(Frame(kind, channel, payload).to_wire())
        with lock:
            while data:
                try:
                    data = data[os.write(descriptor, data) :]
                except OSError:
                    os._exit(0)

    return send


def main(arguments: Sequence[str]) -> None:
    """Serve frames on stdin and stdout until stdin closes. The only argument: where libflite was extracted to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent drains on Ctrl-C
    sys.setswitchinterval(_GIL_SWITCH_S)
    frames_out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break the framing
    send = sender(frames_out)
    mouth = Mouth(Path(arguments[0]) if arguments else None, send)
    threading.Thread(target=mouth.run, name="voice", daemon=True).start()
    ears = Ears(DecoderShelf(Pronunciations(DICTIONARY, mouth.pronunciation)), send)
    reader = FrameReader()
    send(FrameKind.READY, 0, b"")
    while data := os.read(sys.stdin.fileno(), _READ_BYTES):
        for frame in reader.feed(data):
            if frame.kind is FrameKind.SPEAK:
                request = json.loads(frame.payload)
                mouth.say(frame.channel, request["voice"], request["text"])
                continue
            if frame.kind is FrameKind.CLOSE:
                mouth.hush(frame.channel)
            ears.handle(frame)
    os._exit(0)  # the voice may be in the middle of a word


if __name__ == "__main__":
    main(sys.argv[1:])
