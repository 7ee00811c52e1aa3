"""Rows of older releases are read."""

import json

from callstore.dynamo.rows import doc_of, to_campaign, to_record
from tests.contract.ports import rows


def test_a_campaign_without_hours_and_tries_calls_each_number_once_at_any_hour() -> None:
    written = json.loads(doc_of(rows.campaign()))
    assert to_campaign({"doc": json.dumps(written)}) == rows.campaign()
    del written["calling_hours"], written["tries"]
    read = to_campaign({"doc": json.dumps(written)})
    assert (read.calling_hours, read.tries) == (None, None)


def test_a_record_that_counts_no_tries_was_called_once_or_never() -> None:
    row = {"phone": "+15550001", "doc": "{}", "status": "not_started", "place": 0}
    assert (to_record(row).tries, to_record(row).place) == (0, 1)
    assert to_record({**row, "status": "failed", "session_id": "s", "result": "busy", "duration_s": 0}).tries == 1
