"""The stacks of an installation fit together, and nothing waits for itself."""

import copy
from graphlib import CycleError
from pathlib import Path

import pytest

from tests.contract.template.stacks import STACK, all_templates, order, template_of
from tests.contract.template.translated import ROOT, written

TEMPLATES = all_templates()
NESTED = [
    (parent, name, template_of(resource, parent))
    for parent, template in TEMPLATES.items()
    for name, resource in template["Resources"].items()
    if resource["Type"] == STACK
]


def test_every_template_is_part_of_an_installation() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "infra").glob("*.yaml")} - {"infra/checkov.yaml"}
    assert files == set(TEMPLATES) - {"template.yaml"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_waits_for_itself(name: str) -> None:
    assert len(order(TEMPLATES[name])) == len(TEMPLATES[name]["Resources"])


def test_a_circle_would_be_found() -> None:
    """The CDN's name is told to functions; were it made after them, nothing could be made."""
    circular = copy.deepcopy(dict(TEMPLATES["template.yaml"]))
    circular["Resources"]["Balancer"]["Properties"]["Parameters"]["DomainName"] = {"Ref": "ApiFunction"}
    with pytest.raises(CycleError):
        order(circular)


def test_the_balancer_is_told_of_functions_that_are_told_of_it() -> None:
    made = order(TEMPLATES["template.yaml"])
    steps = ["Network", "Balancer", "ApiFunction", "Forwarding", "Rules", "Workers"]
    assert sorted(steps, key=made.index) == steps
    assert made.index("Network") < made.index("StableSipAddress") < made.index("ApiFunction")


@pytest.mark.parametrize(("parent", "name", "child"), NESTED)
def test_a_stack_is_told_what_it_asks(parent: str, name: str, child: str) -> None:
    given = TEMPLATES[parent]["Resources"][name]["Properties"].get("Parameters", {})
    asked = TEMPLATES[child].get("Parameters", {})
    assert set(given) <= set(asked)
    assert {one for one, parameter in asked.items() if "Default" not in parameter} <= set(given)


@pytest.mark.parametrize(("parent", "name", "child"), NESTED)
def test_what_a_stack_is_asked_for_is_there(parent: str, name: str, child: str) -> None:
    text = str(TEMPLATES[parent]["Resources"]) + str(TEMPLATES[parent].get("Outputs"))
    asked = {word.split("'")[0].split("}")[0] for word in text.split(f"{name}.Outputs.")[1:]}
    asked |= {word.split("'")[0] for word in text.split(f"'{name}', 'Outputs.")[1:]}
    assert asked <= set(TEMPLATES[child].get("Outputs", {}))


def test_without_an_image_there_are_no_workers() -> None:
    root = written()
    assert root["Parameters"]["MediaImage"]["Default"] == ""
    assert root["Conditions"]["HasWorkers"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MediaImage"}, ""]}]}
    conditions = {name: resource.get("Condition") for name, resource in root["Resources"].items()}
    assert {name for name, condition in conditions.items() if condition} == {
        *(
            "Network",
            "StableSipAddress",
            "Balancer",
            "Name",
            "Forwarding",
            "Rules",
            "OtherRules",
            "Workers",
            "Dashboard",
        )
    }
    for condition in ("HasDomain", "HasZone", "HasStableSip"):
        assert {"Condition": "HasWorkers"} in _flat(root["Conditions"][condition], root["Conditions"])


def _flat(condition: object, conditions: dict[str, object]) -> list[object]:
    """Every part of an And, and of the conditions that it names."""
    parts = condition["Fn::And"] if isinstance(condition, dict) and "Fn::And" in condition else [condition]
    found = list(parts)
    for part in parts:
        if isinstance(part, dict) and "Condition" in part:
            found += _flat(conditions[part["Condition"]], conditions)
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_checkov_and_the_linter_see_every_template(name: str) -> None:
    assert f"- {name}\n" in (ROOT / "infra/checkov.yaml").read_text()
    assert Path(name).parent.name == "infra" or name == "template.yaml"
    assert "$(wildcard infra/*.yaml)" in (ROOT / "Makefile").read_text()
