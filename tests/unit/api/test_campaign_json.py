"""An answer holds no more records than a balancer takes of a Lambda function, and says where the others are."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from api.campaign_json import list_with_records, with_records
from api.problems import AsciiJsonResponse
from callcore.campaigns.campaign import CampaignRecord
from tests.contract.ports import rows

BALANCER_BYTES = 1_000_000
INFO = {"id": "-A", "name": "Spring"}


def listed(number: int, **metadata: str) -> list[CampaignRecord]:
    return [replace(rows.record(f"+1555{place:07}", **metadata), place=place) for place in range(1, number + 1)]


def lambda_bytes(answer: object) -> int:
    """As a balancer is answered: the body is a string within JSON."""
    return len(json.dumps({"statusCode": 200, "body": bytes(AsciiJsonResponse(answer).body).decode()}))


def phones(records: Sequence[CampaignRecord]) -> list[str]:
    return [record.phone for record in records]


@pytest.mark.parametrize(
    "metadata", [{"userName": "Ann"}, {'"\\': '"\\\n' * 300}, {"é": "😀" * 200}], ids=["short", "escaped", "not ascii"]
)
def test_pages_fit_and_hold_every_record_once(metadata: dict[str, str]) -> None:
    records = listed(10_000 if "userName" in metadata else 700, **metadata)
    told: list[dict[str, Any]] = []
    cursor = 0
    while cursor is not None:
        page = with_records(INFO, records, cursor)
        told += page["records"]
        cursor = page["next_cursor"]
        assert (BALANCER_BYTES * 0.85 if cursor else 0) < lambda_bytes(page) < BALANCER_BYTES
    assert [one["phone"] for one in told] == phones(records)
    assert told[-1]["metadata"] == metadata


def test_a_record_that_is_taken_out_between_two_pages_hides_no_other() -> None:
    records = listed(3)
    assert with_records(INFO, [records[2]], records[1].place)["records"][0]["phone"] == records[2].phone
    assert with_records(INFO, records, records[2].place) == {**INFO, "records": [], "next_cursor": None}


def test_of_a_long_list_of_campaigns_the_newest_have_their_records() -> None:
    read: list[str] = []

    def campaign(name: str, number: int) -> tuple[dict[str, Any], Callable[[], Sequence[CampaignRecord]]]:
        def records() -> Sequence[CampaignRecord]:
            read.append(name)
            return listed(number, note="x" * 300)

        return {"id": name}, records

    campaigns = [campaign("oldest", 1), campaign("old", 1), campaign("long", 1_600), campaign("new", 800)]
    told = list_with_records(campaigns)
    assert [(one["id"], len(one["records"]), one["next_cursor"]) for one in told] == [
        ("oldest", 0, 0),
        ("old", 0, 0),
        ("long", 0, 0),
        ("new", 800, None),
    ]
    assert read == ["new", "long"]
    assert lambda_bytes(told) < BALANCER_BYTES
    told = list_with_records([campaign("long", 1_500), campaign("new", 300)])
    assert [len(one["records"]) for one in told] == [1_500, 300]
    assert lambda_bytes(told) < BALANCER_BYTES
