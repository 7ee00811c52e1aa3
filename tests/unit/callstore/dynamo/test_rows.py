"""Rows of older releases are read."""

import json

from callstore.dynamo.rows import doc_of, to_campaign
from tests.contract.ports import rows


def test_a_campaign_without_calling_hours_calls_at_any_hour() -> None:
    written = json.loads(doc_of(rows.campaign()))
    assert to_campaign({"doc": json.dumps(written)}) == rows.campaign()
    del written["calling_hours"]
    assert to_campaign({"doc": json.dumps(written)}).calling_hours is None
