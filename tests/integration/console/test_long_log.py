"""Pages beside a long call log; the times of 100,000 calls are those of tests/bench/console_pages.py."""

from pathlib import Path

from tests.bench.console_pages import client_on, opened, pages, prepare

CALLS = 5_000
ROUNDS = 4
REFERENCE = "calls: newest"
MOST = 20.0
"""Times as long as the first page of calls; one that read all of them would take a hundred times as long."""
MOST_BYTES = 200_000
"""Of a page before it is compressed, to about an eighth."""


def test_no_page_reads_the_whole_log(tmp_path: Path) -> None:
    taken_ms = {}
    with prepare(tmp_path, CALLS) as stores, client_on(stores, tmp_path) as client:
        for kind, path in pages(CALLS).items():
            measured = [opened(client, path) for _ in range(ROUNDS)]
            assert len(measured[0].content) < MOST_BYTES, kind
            taken_ms[kind] = min(one.processor_ms for one in measured)
    most = MOST * max(1.0, taken_ms[REFERENCE])
    assert {kind: taken for kind, taken in taken_ms.items() if taken > most} == {}
