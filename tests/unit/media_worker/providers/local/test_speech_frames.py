import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.providers.local.speech_frames import MAX_PAYLOAD_BYTES, Frame, FrameKind, FrameReader

FRAMES = st.builds(Frame, st.sampled_from(FrameKind), st.integers(0, 2**32 - 1), st.binary(max_size=200))


@given(st.lists(FRAMES, max_size=8), st.integers(1, 50))
def test_frames_survive_any_cut(frames: list[Frame], piece: int) -> None:
    wire = b"".join(frame.to_wire() for frame in frames)
    reader = FrameReader()
    read = [frame for start in range(0, len(wire), piece) for frame in reader.feed(wire[start : start + piece])]
    assert read == frames


def test_a_frame_that_is_too_large_is_refused_at_both_ends() -> None:
    with pytest.raises(ValueError, match="too large"):
        Frame(FrameKind.HEAR, 1, bytes(MAX_PAYLOAD_BYTES + 1)).to_wire()
    with pytest.raises(ValueError, match="too large"):
        list(FrameReader().feed(b"\xff\xff\xff\xff" + bytes(5)))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="99"):
        list(FrameReader().feed(b"\x00\x00\x00\x00\x63\x01\x00\x00\x00"))
