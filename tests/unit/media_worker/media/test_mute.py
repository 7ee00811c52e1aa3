from media_worker.media.mute import MuteEdge, MuteWatch

FRAME_S = 0.02
ZEROS, HISS = bytes(640), bytes([1, 0] * 320)


def edges(*spans: tuple[bytes, float]) -> list[MuteEdge]:
    """What the watch reports of frames of each kind for so many seconds."""
    watch, found, frame = MuteWatch(), [], 0
    for pcm, seconds in spans:
        for _ in range(round(seconds / FRAME_S)):
            edge = watch.push(pcm, frame * FRAME_S, (frame + 1) * FRAME_S)
            frame += 1
            if edge is not None:
                found.append(MuteEdge(edge.on, round(edge.since_s, 6)))
    return found


def test_a_second_of_zeros_is_a_mute_and_it_began_with_the_first() -> None:
    assert edges((HISS, 0.5), (ZEROS, 3.0)) == [MuteEdge(True, 0.5)]


def test_the_first_sound_ends_it() -> None:
    assert edges((ZEROS, 2.0), (HISS, 1.0), (ZEROS, 1.0)) == [
        MuteEdge(True, 0.0),
        MuteEdge(False, 2.0),
        MuteEdge(True, 3.0),
    ]


def test_shorter_gaps_are_none() -> None:
    assert edges((HISS, 0.5), (ZEROS, 0.98), (HISS, 0.5), (ZEROS, 0.98)) == []
