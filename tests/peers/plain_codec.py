"""A codec of WebRTC whose payloads are PCM: what was sent can be read."""


class PlainCodec:
    """16 kHz, mono."""

    clock_hz = 16_000

    def samples_of(self, payload: bytes) -> int:
        return len(payload) // 2

    def decode(self, payload: bytes) -> bytes | None:
        return payload

    def encode(self, pcm: bytes) -> bytes:
        return pcm
