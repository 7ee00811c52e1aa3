"""What operators are told fits the stacks and the prices."""

import re
import tomllib
from pathlib import Path

from infra.cost_model import table
from tests.contract.template.translated import resources, written

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "infra/guides/deploy.md").read_text()
RUNBOOK = (ROOT / "infra/RUNBOOK.md").read_text()


def test_the_costs_are_those_of_the_rate_card() -> None:
    assert table() in GUIDE


def test_the_runbook_numbers_its_incidents_and_every_alarm_of_the_workers_names_its_own() -> None:
    incidents = re.split(r"^## \d+\. ", RUNBOOK, flags=re.MULTILINE)[1:]
    assert [int(number) for number in re.findall(r"^## (\d+)\. ", RUNBOOK, re.MULTILINE)] == [
        *range(1, len(incidents) + 1)
    ]
    for name, alarm in resources(written("infra/dashboard.yaml"), "AWS::CloudWatch::Alarm").items():
        (number,) = re.findall(r"RUNBOOK (\d+)", alarm["AlarmDescription"])
        assert name in incidents[int(number) - 1]


def test_every_alarm_of_the_runbook_is_there() -> None:
    alarms = {
        name
        for stack in ("alarms", "dashboard")
        for name in resources(written(f"infra/{stack}.yaml"), "AWS::CloudWatch::Alarm")
    }
    assert set(re.findall(r"`(\w+Alarm)`", RUNBOOK)) <= alarms


def test_the_way_to_the_first_call_has_ten_numbered_steps_each_a_command() -> None:
    (way,) = re.findall(r"```sh\n(# 1\. .*?)```", GUIDE, re.DOTALL)
    lines = way.strip().splitlines()
    assert [line.split(".")[0] for line in lines[::2]] == [f"# {number}" for number in range(1, 11)]
    assert not any(line.startswith("#") for line in lines[1::2])


def test_the_regions_of_samconfig_are_made_as_the_default_is() -> None:
    said = tomllib.loads((ROOT / "samconfig.toml").read_text())
    default = said["default"]
    for region in ("us-west-2", "eu-west-1"):
        assert said[region]["build"] == default["build"]
        assert said[region]["deploy"]["parameters"] == {**default["deploy"]["parameters"], "region": region}
