"""Which functions run after a call, with what, and under which name."""

from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import parse_config
from callcore.calls.after_call import AfterCall, after_call_entries, after_call_tools, find_run
from callcore.calls.call import Call
from callcore.deliveries.delivery import deliveries_of, destinations_of
from tests.contract.ports import rows

NOTIFY: dict[str, Any] = {
    "name": "notify",
    "webhook": "https://crm.example/notify",
    "run_after_call": True,
    "params": [{"name": "from", "description": "{FromPhone}"}, {"name": "who", "description": "{userName}"}],
}
SAVE: dict[str, Any] = {
    "name": "save_lead",
    "webhook": "https://crm.example/leads",
    "method": "POST",
    "run_after_call": True,
    "params": [{"name": "interest", "required": True}],
}
BOAT = AfterCall("save_lead", {"interest": "a boat"})


def call_with(*tools: dict[str, Any], **config: Any) -> Call:
    return replace(rows.ended_call(), agent_config={"tools": list(tools), **config}, function_calls=())


def test_a_function_without_open_arguments_runs_after_every_call_with_the_fixed_ones() -> None:
    (entry,) = after_call_entries(call_with(NOTIFY), ())
    assert entry == {
        "name": "notify",
        "params": {"from": "+15551234567", "who": "Ann"},
        "result": "",
        "run_after_call": True,
        "delivery_id": "function.called:s-1:notify.1",
    }


def test_one_with_arguments_of_the_models_choice_runs_when_the_model_wants_it() -> None:
    call = call_with(SAVE, NOTIFY)
    assert [entry["name"] for entry in after_call_entries(call, ())] == ["notify"]
    entries = after_call_entries(call, (BOAT, BOAT, AfterCall("notify", {}), AfterCall("odd", {})))
    assert [entry["delivery_id"].rpartition(":")[2] for entry in entries] == ["save_lead.1", "save_lead.2", "notify.1"]
    assert entries[0]["params"] == {"interest": "a boat"}


def test_one_whose_fixed_arguments_do_not_fit_is_put_down_and_not_run() -> None:
    aged = NOTIFY | {"name": "age", "params": [{"name": "age", "type": "number", "description": "{userName}"}]}
    call = call_with(aged, NOTIFY)
    refused, entry = after_call_entries(call, ())
    reason = '{"error":"age: must be a number"}'
    assert refused == {"name": "age", "params": {}, "result": reason, "run_after_call": True}
    assert [
        delivery.delivery_id for delivery in deliveries_of(replace(call, function_calls=(refused, entry)), 5.0)
    ] == [entry["delivery_id"]]


@pytest.mark.parametrize(
    "change",
    [{"run_after_call": False}, {"webhook": " "}, {"type": "web_form"}],
)
def test_what_belongs_into_the_call_or_nowhere_does_not_run_after_it(change: dict[str, Any]) -> None:
    assert after_call_tools(parse_config({"tools": [NOTIFY | change]})) == ()
    assert after_call_entries(call_with(NOTIFY | change), ()) == ()


def test_a_configuration_that_cannot_be_read_runs_nothing() -> None:
    assert after_call_entries(replace(call_with(), agent_config={"tools": 7}), (BOAT,)) == ()


def test_every_run_is_put_down_beside_the_end_and_found_again() -> None:
    call = call_with(NOTIFY, SAVE, session_data_webhook="https://crm.example/ended")
    call = replace(call, function_calls=({"name": "menu", "params": {}}, *after_call_entries(call, (BOAT,))))
    ids = [delivery.delivery_id for delivery in deliveries_of(call, 5.0)]
    assert ids == ["function.called:s-1:notify.1", "function.called:s-1:save_lead.1", "call.ended:s-1"]
    found = find_run(call, ids[1])
    assert found is not None
    assert (found[0].name, found[1]) == ("save_lead", {"interest": "a boat"})
    assert find_run(call, "function.called:s-1:save_lead.2") is None
    assert find_run(call, ids[2]) is None


def test_a_configuration_names_every_address_that_something_may_be_sent_to_afterwards() -> None:
    in_call = {"name": "menu", "webhook": "https://crm.example/menu"}
    config = call_with(NOTIFY, in_call, session_data_webhook={"url": " https://crm.example/ended "}).agent_config
    assert destinations_of(config) == {"https://crm.example/notify", "https://crm.example/ended"}
    assert destinations_of({"tools": [7], "session_data_webhook": 7}) == frozenset()
