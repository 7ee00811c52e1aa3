from media_worker.providers.custom_llm.streams import Streams


def test_ids_begin_with_nought_and_grow() -> None:
    streams = Streams()
    assert [streams.begin() for _ in range(3)] == [0, 1, 2]


def test_what_answers_something_older_is_stale() -> None:
    streams = Streams()
    streams.begin()
    streams.begin()
    assert [streams.is_wanted(stream_id) for stream_id in (0, 1, None)] == [False, True, True]


def test_an_id_that_was_not_used_yet_belongs_to_what_is_wanted_and_is_skipped() -> None:
    streams = Streams()
    streams.begin()
    assert streams.is_wanted(1)
    assert streams.begin() == 2
    assert not streams.is_wanted(1)
