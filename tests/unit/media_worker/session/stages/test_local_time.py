"""The prompt knows what time it is where the business is."""

import pytest

from media_worker.session.stages.local_time import with_local_time

SUMMER = 1_783_000_000.0
"""2026-07-02 13:46:40 UTC."""


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("Europe/Berlin", "P\n\nIt is Thursday, 2 July 2026, 15:46 (Europe/Berlin)."),
        ("Asia/Tokyo", "P\n\nIt is Thursday, 2 July 2026, 22:46 (Asia/Tokyo)."),
        (None, "P"),
        ("", "P"),
        ("Mars/Base", "P"),
        ("../../etc/passwd", "P"),
        ("/etc/passwd", "P"),
    ],
)
def test_the_local_time_stands_at_the_end(timezone: str | None, expected: str) -> None:
    assert with_local_time("P", timezone, SUMMER) == expected
