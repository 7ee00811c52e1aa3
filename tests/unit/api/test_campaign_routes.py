from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import AgentStatus
from callcore.calls.call import CallStatus
from callcore.ids import AgentId, CampaignId
from callcore.phones.phone import Phone
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

NUMBER = "+15551234567"


def create(caller: Caller, name: str = "Spring") -> dict[str, Any]:
    status, campaign = caller.post("/campaigns", {"name": name})
    assert status == 200
    assert isinstance(campaign, dict)
    return campaign


def test_a_campaign_is_created_listed_and_deleted(ann: Caller) -> None:
    campaign = create(ann)
    assert len(campaign["id"]) == 20
    assert campaign == {
        "id": campaign["id"],
        "name": "Spring",
        "status": "idle",
        "created_at": 1_800_000_000,
        "include_metadata_in_prompt": False,
        "caller": None,
        "max_concurrent_calls": 10,
        "calling_hours": None,
        "tries": None,
        "next_call_at": None,
        "error_message": None,
        "waits_for": None,
        "approval": None,
        "record_counts": {"not_started": 0, "started": 0, "finished": 0, "failed": 0},
        "records": [],
        "next_cursor": None,
    }
    assert ann.get("/campaigns") == (200, [campaign])
    assert ann.delete(f"/campaigns/{campaign['id']}") == (200, campaign)
    assert ann.get(f"/campaigns/{campaign['id']}")[0] == ann.delete(f"/campaigns/{campaign['id']}")[0] == 404


def test_its_info_is_changed_in_parts(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    assert ann.put(f"{path}/info", {"name": "Autumn"})[1]["name"] == "Autumn"
    status, info = ann.put(f"{path}/info", {"name": None, "include_metadata_in_prompt": True})
    assert status == 200
    assert (info["name"], info["include_metadata_in_prompt"]) == ("Autumn", True)
    assert ann.get(f"{path}/info") == (200, info)
    assert ann.put(f"{path}/info", {"max_concurrent_calls": 3})[1]["max_concurrent_calls"] == 3
    assert ann.get(path) == (200, info | {"records": [], "next_cursor": None, "max_concurrent_calls": 3})


HOURS = {"timezone": "Europe/Berlin", "days": ["mon", "sat"], "from": "09:00", "until": "20:00"}


def test_its_calling_hours_are_set_kept_and_taken_away(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    status, info = ann.put(f"{path}/info", {"calling_hours": HOURS | {"days": ["sat", "mon", "sat"]}})
    assert (status, info["calling_hours"]) == (200, HOURS)
    assert ann.put(f"{path}/info", {"name": "Autumn"})[1]["calling_hours"] == HOURS
    assert ann.get(path)[1]["calling_hours"] == ann.get("/campaigns")[1][0]["calling_hours"] == HOURS
    assert ann.put(f"{path}/info", {"calling_hours": None})[1]["calling_hours"] is None


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"timezone": "Mars/Base"}, 400, "calling_hours.timezone: not known"),
        ({"days": []}, 400, "calling_hours.days: at least one"),
        ({"days": ["someday"]}, 400, "calling_hours.days: at least one"),
        ({"until": "09:00"}, 400, "calling_hours.until: another time than from"),
        ({"from": "9:00"}, 400, "calling_hours.from: a time"),
        ({"until": None}, 422, "calling_hours.until"),
    ],
)
def test_hours_that_cannot_be_are_said_and_change_nothing(
    ann: Caller, change: dict[str, Any], status: int, told: str
) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    answered, reply = ann.put(f"{path}/info", {"name": "Autumn", "calling_hours": HOURS | change})
    assert (answered, told in str(reply)) == (status, True)
    assert ann.get(f"{path}/info")[1]["name"] == "Spring"


TRIES = {"most": 3, "after_minutes": 60, "when": ["busy", "no-answer"]}


def test_its_tries_are_set_kept_and_taken_away(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    status, info = ann.put(f"{path}/info", {"tries": TRIES | {"when": ["no-answer", "busy", "busy"]}})
    assert (status, info["tries"]) == (200, TRIES)
    assert ann.put(f"{path}/info", {"name": "Autumn"})[1]["tries"] == ann.get(path)[1]["tries"] == TRIES
    assert ann.put(f"{path}/info", {"tries": None})[1]["tries"] is None


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"most": 6}, 422, "tries.most"),
        ({"after_minutes": 4}, 422, "tries.after_minutes"),
        ({"when": []}, 400, "tries.when: at least one of busy, no-answer, voicemail-hangup, voicemail-message"),
        ({"when": ["busy", "user-ended"]}, 400, "tries.when: at least one"),
    ],
)
def test_tries_that_cannot_be_are_said_and_change_nothing(
    ann: Caller, change: dict[str, Any], status: int, told: str
) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    answered, reply = ann.put(f"{path}/info", {"name": "Autumn", "tries": TRIES | change})
    assert (answered, told in str(reply)) == (status, True)
    assert ann.get(f"{path}/info")[1]["name"] == "Spring"


def test_its_caller_is_a_number_of_the_account(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    path = f"/campaigns/{create(ann)['id']}/set_caller"
    assert ann.post(path, {"caller": NUMBER})[0] == 404
    stores.phones.change_phone(rows.ANN, rows.phone().number, lambda _: rows.phone())
    assert ann.post(path, {"caller": "1 555 123 4567"})[1]["caller"] == NUMBER
    assert ann.post(path, {"caller": None})[1]["caller"] is None
    theirs = create(bob)
    assert bob.post(f"/campaigns/{theirs['id']}/set_caller", {"caller": NUMBER})[0] == 404


def test_records_are_added_replaced_and_taken_out(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    status, campaign = ann.post(
        f"{path}/records",
        [{"phone": "+1 555 1", "metadata": {"userName": "Ann"}}, {"phone": "+15552", "metadata": None}],
    )
    assert status == 200
    waits: dict[str, Any] = dict.fromkeys(("session_id", "result", "duration", "next_try_at"))
    waits |= {"call_status": "not_started", "tries": 0}
    first = {"phone": "+15551", "metadata": {"userName": "Ann"}, **waits}
    assert campaign["records"] == [first, {"phone": "+15552", "metadata": {}, **waits}]
    ann.post(f"{path}/records", [{"phone": "+15551", "metadata": {"userName": "Bo"}}])
    assert ann.delete(f"{path}/records/%2B15552") == (200, {"phone": "+15552", "deleted": True})
    assert ann.delete(f"{path}/records/+15552")[0] == 404
    assert ann.get(path)[1]["records"] == [first | {"metadata": {"userName": "Bo"}}]
    assert ann.get("/campaigns")[1][0] == ann.get(path)[1]


def test_a_list_that_one_answer_cannot_hold_comes_in_pages(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    note = {f"note {number}": "x" * 1_500 for number in range(10)}
    phones = [f"+1555{number:07}" for number in range(100)]
    added = ann.post(f"{path}/records", [{"phone": phone, "metadata": note} for phone in phones])
    (listed,) = ann.get("/campaigns")[1]
    assert (listed["records"], listed["next_cursor"], listed["record_counts"]["not_started"]) == ([], 0, 100)
    told = ann.get(f"{path}?after={listed['next_cursor']}")[1]
    assert (200, told) == added == ann.get(path)
    rest = ann.get(f"{path}?after={told['next_cursor']}")[1]
    assert rest["next_cursor"] is None
    assert [one["phone"] for one in (*told["records"], *rest["records"])] == phones
    assert ann.get(f"{path}?after=-1")[0] == ann.get(f"{path}?after=x")[0] == 422


@pytest.fixture
def ready(ann: Caller, stores: SqliteStores) -> str:
    """The path of a campaign that may be started."""
    phone = replace(rows.phone(), agent_id=AgentId("-Agent"))
    stores.agents.put_agent(replace(rows.agent(), status=AgentStatus.ACTIVE))
    stores.phones.change_phone(rows.ANN, phone.number, lambda _: phone)
    path = f"/campaigns/{create(ann)['id']}"
    ann.post(f"{path}/set_caller", {"caller": NUMBER})
    ann.post(f"{path}/records", [{"phone": "+15551"}])
    return path


def test_a_campaign_is_started_stopped_and_started_again_however_often(ann: Caller, ready: str) -> None:
    for verb, status in (("stop", "idle"), ("start", "started"), ("stop", "paused"), ("start", "started")):
        for _ in range(2):
            answered, info = ann.post(f"{ready}/{verb}")
            assert (answered, info["status"]) == (200, status)
            assert ann.get(f"{ready}/info") == (200, info)
            assert "records" not in info


def test_a_started_campaign_tells_until_when_it_waits_for_its_hours(ann: Caller, ready: str) -> None:
    """It is Friday in Berlin, 09:00."""
    ann.put(f"{ready}/info", {"calling_hours": HOURS})
    assert ann.get(f"{ready}/info")[1]["next_call_at"] is None
    assert ann.post(f"{ready}/start")[1]["next_call_at"] == 1_800_000_000 + 24 * 3_600
    assert ann.get(ready)[1]["next_call_at"] == 1_800_000_000 + 24 * 3_600
    assert ann.put(f"{ready}/info", {"calling_hours": HOURS | {"days": ["fri"]}})[1]["next_call_at"] is None


def test_a_record_tells_its_tries_and_when_the_next_one_is(ann: Caller, ready: str, stores: SqliteStores) -> None:
    ann.put(f"{ready}/info", {"tries": TRIES})
    campaign_id = ann.post(f"{ready}/start")[1]["id"]
    call = rows.ordered_call(rows.record("+15551"), campaign_id=campaign_id)
    assert stores.dial_list.order_record(call, 1)
    (told,) = ann.get(ready)[1]["records"]
    assert (told["call_status"], told["tries"], told["next_try_at"]) == ("started", 1, None)
    stores.calls.finish_call(replace(call, status=CallStatus.BUSY, duration_s=0))
    (told,) = ann.get(ready)[1]["records"]
    assert (told["call_status"], told["tries"], told["result"]) == ("not_started", 1, "busy")
    assert told["next_try_at"] == 1_800_000_000 + 3_600
    assert ann.get(f"{ready}/info")[1]["record_counts"]["not_started"] == 1


def test_a_finished_campaign_with_nobody_left_stays_so_and_goes_on_with_new_numbers(
    ann: Caller, ready: str, stores: SqliteStores
) -> None:
    campaign = stores.campaigns.get_campaign(rows.ANN, CampaignId(ready.rpartition("/")[2]))
    ann.post(f"{ready}/start")
    (record,) = stores.dial_list.next_records(rows.ANN, campaign.campaign_id, 5, 0.0)
    call = rows.ordered_call(record, campaign_id=campaign.campaign_id)
    assert stores.dial_list.order_record(call, 1)
    assert ann.delete(f"{ready}/records/{record.phone}")[0] == 409
    stores.calls.finish_call(replace(call, status=CallStatus.BUSY, duration_s=0))
    assert stores.campaigns.finish_campaign(rows.ANN, campaign.campaign_id)
    assert ann.post(f"{ready}/start")[1]["status"] == "finished"
    (told,) = ann.get(ready)[1]["records"]
    assert (told["call_status"], told["session_id"]) == ("failed", call.session_id)
    assert (told["result"], told["duration"]) == ("busy", 0)
    ann.post(f"{ready}/records", [{"phone": "+15552"}])
    assert ann.get(f"{ready}/info")[1]["status"] == "finished"
    assert ann.post(f"{ready}/start")[1]["status"] == "started"


def test_a_campaign_that_was_stopped_during_its_last_call_is_finished_with_it(
    ann: Caller, ready: str, stores: SqliteStores
) -> None:
    campaign_id = ann.post(f"{ready}/start")[1]["id"]
    call = rows.ordered_call(rows.record("+15551"), campaign_id=campaign_id)
    assert stores.dial_list.order_record(call, 1)
    assert ann.post(f"{ready}/stop")[1]["status"] == "paused"
    stores.calls.finish_call(replace(call, status=CallStatus.BUSY, duration_s=0))
    for path in (ready, f"{ready}/info"):
        assert ann.get(path)[1]["status"] == "finished"
    assert ann.get("/campaigns")[1][0]["status"] == "finished"
    for verb in ("stop", "start"):
        assert ann.post(f"{ready}/{verb}")[1]["status"] == "finished"
    assert stores.dial_list.list_started() == []


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (lambda phone: None, "was not found"),
        (lambda phone: replace(phone, agent_id=None), "no agent"),
        (lambda phone: replace(phone, agent_id=AgentId("-Gone")), "was not found"),
        (lambda phone: replace(phone, sealed_account=None), "not connected"),
    ],
)
def test_a_start_says_what_is_wrong_with_the_caller(
    ann: Caller, ready: str, stores: SqliteStores, missing: Callable[[Phone], Phone | None], says: str
) -> None:
    phone = stores.phones.get_phone(rows.ANN, rows.phone().number)
    stores.phones.change_phone(rows.ANN, phone.number, lambda _: missing(phone))
    status, problem = ann.post(f"{ready}/start")
    assert status == 409
    assert says in problem["message"]
    assert ann.get(f"{ready}/info")[1]["status"] == "idle"


def test_a_start_without_records_is_refused(ann: Caller, ready: str) -> None:
    ann.delete(f"{ready}/records/+15551")
    status, problem = ann.post(f"{ready}/start")
    assert (status, "no records" in problem["message"]) == (409, True)


def test_what_was_not_approved_is_stopped_and_held(ann: Caller, ready: str) -> None:
    assert ann.post(f"{ready}/approve", {"status": "approved", "reason": None})[1]["status"] == "idle"
    assert ann.post(f"{ready}/start")[1]["status"] == "started"
    told = ann.post(f"{ready}/approve", {"status": "rejected", "reason": "not at night"})[1]
    assert (told["status"], told["approval"]) == ("paused", {"status": "rejected", "reason": "not at night"})
    status, problem = ann.post(f"{ready}/start")
    assert (status, "not at night" in problem["message"]) == (409, True)
    ann.post(f"{ready}/approve", {"status": "Approved"})
    assert ann.post(f"{ready}/start")[1]["status"] == "started"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/campaigns", {"name": None}, 422, "name"),
        ("PUT", "/info", {"name": ""}, 422, "name"),
        ("PUT", "/info", {"include_metadata_in_prompt": "perhaps"}, 422, "include_metadata_in_prompt"),
        ("PUT", "/info", {"max_concurrent_calls": 0}, 422, "max_concurrent_calls"),
        ("POST", "/approve", {"reason": "why"}, 422, "status"),
        ("POST", "/start", None, 409, "caller"),
        ("POST", "/set_caller", {}, 422, "caller"),
        ("POST", "/set_caller", {"caller": "x"}, 400, "phone"),
        ("POST", "/records", {}, 422, "body"),
        ("POST", "/records", [{"metadata": {}}], 422, "phone"),
        ("POST", "/records", [{"phone": "+15551"}, {"phone": "x"}], 400, "body.1.phone"),
        ("POST", "/records", [{"phone": "+15551", "metadata": {"": "x"}}], 400, "+15551: metadata"),
        ("DELETE", "/records/x", None, 400, "phone"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(
    ann: Caller, method: str, path: str, body: object, status: int, field: str
) -> None:
    campaign = create(ann)
    whole_path = path if path.startswith("/campaigns") else f"/campaigns/{campaign['id']}{path}"
    answered, problem = ann.send(method, whole_path, body)
    assert answered == status
    assert field in problem["message"]
    assert ann.get("/campaigns") == (200, [campaign])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/info", None),
        ("PUT", "/info", {"name": "Mine"}),
        ("POST", "/set_caller", {"caller": None}),
        ("POST", "/start", None),
        ("POST", "/stop", None),
        ("POST", "/approve", {"status": "approved"}),
        ("POST", "/records", [{"phone": NUMBER}]),
        ("DELETE", f"/records/{NUMBER}", None),
    ],
)
def test_another_accounts_campaign_does_not_exist(
    ann: Caller, bob: Caller, method: str, path: str, body: object
) -> None:
    own = f"/campaigns/{create(ann)['id']}"
    ann.post(f"{own}/records", [{"phone": NUMBER}])
    campaign = ann.get(own)[1]
    assert bob.send(method, own + path, body)[0] == 404
    assert bob.get("/campaigns") == (200, [])
    assert ann.get(own) == (200, campaign)
