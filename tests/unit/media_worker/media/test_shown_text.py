from media_worker.media.shown_text import ShownText


def shown(*pieces: str) -> ShownText:
    text = ShownText(16_000, 0.2)
    for piece in pieces:
        text.begin_segment(piece)
        text.end_segment()
    return text


def test_all_of_it_is_shown_at_once_and_verbatim() -> None:
    text = shown("One", " two:\n", "- three")
    assert text.text_started() == "One two:\n- three"
    assert text.text_started() is None
    assert text.take_due(0.0) == b""


def test_it_is_over_when_the_last_piece_was_shown() -> None:
    text = shown("One")
    text.text_started()
    assert not text.drained(0.0)
    text.begin_segment(" two")
    text.finish()
    assert not text.drained(0.0)
    text.text_started()
    assert text.drained(0.0)


def test_what_was_shown_counts_as_heard_and_nothing_else() -> None:
    text = shown("One", " two")
    text.text_started()
    text.begin_segment(" three")
    assert [segment.text for segment in text.cut(0.0)] == ["One", " two"]
    assert all(segment.heard_ms == segment.full_ms for segment in text.cut(0.0))


def test_held_text_waits() -> None:
    text = shown("One")
    text.hold(0.0)
    assert text.text_started() is None
    text.resume(1.0)
    assert text.text_started() == "One"
