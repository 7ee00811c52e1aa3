from dataclasses import replace
from typing import Any

import pytest

from callcore.calls.privacy import opted_out, storable
from tests.contract.ports import rows


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, False),
        ({"privacy_settings": None}, False),
        ({"privacy_settings": {}}, False),
        ({"privacy_settings": {"opt_out_data_collection": False}}, False),
        ({"privacy_settings": {"opt_out_data_collection": None}}, False),
        ({"privacy_settings": {"opt_out_data_collection": True}}, True),
        ({"privacy_settings": {"opt_out_data_collection": "true"}}, True),
        ({"privacy_settings": {"opt_out_data_collection": "false"}}, False),
        ({"privacy_settings": {"opt_out_data_collection": "perhaps"}}, True),
        ({"privacy_settings": "nonsense"}, True),
    ],
)
def test_opting_out(config: dict[str, Any], expected: bool) -> None:
    assert opted_out(config) is expected


def test_what_may_be_stored_of_a_call() -> None:
    call = rows.ended_call()
    assert storable(call) is call
    config = {"privacy_settings": {"opt_out_data_collection": True}}
    kept = storable(replace(call, agent_config=config))
    assert kept == replace(call, agent_config=config, metadata={}, chat=None, recording=None, function_calls=())
