import pytest

from callcore.byte_range import ByteRange, Unsatisfiable, wanted_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=7-", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=3-99", (3, 10)),
        ("Bytes = 3 - 4 ", (3, 5)),
    ],
)
def test_a_part_is_read_as_the_rfc_says(header: str, expected: tuple[int, int]) -> None:
    assert wanted_range(header, 10) == ByteRange(*expected)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=-", "bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", f"bytes={'9' * 30}-"],
)
def test_what_is_no_single_range_means_all(header: str | None) -> None:
    assert wanted_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_part_beyond_the_end_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_range(header, size)
