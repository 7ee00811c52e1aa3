"""Every stack of an installation, and what in it waits for what."""

import json
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import PurePosixPath
from typing import Any

from tests.contract.template.translated import Template, translated, written

STACK = "AWS::CloudFormation::Stack"
_IN_SUB = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")


def template_of(stack: Mapping[str, Any], parent: str = "template.yaml") -> str:
    """The path of a nested stack's template in the repository."""
    return str(PurePosixPath(parent).parent / stack["Properties"]["TemplateURL"])


def all_templates() -> dict[str, Template]:
    """Every template that is reached from template.yaml, by path."""
    found = {"template.yaml": translated()}
    waiting = ["template.yaml"]
    while waiting:
        parent = waiting.pop()
        for resource in found[parent]["Resources"].values():
            if resource["Type"] == STACK and (name := template_of(resource, parent)) not in found:
                found[name] = written(name)
                waiting.append(name)
    return found


def named_in(value: object) -> Iterator[str]:
    """The logical names that a value refers to, whether they are resources or not."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref" and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                yield inner.split(".")[0] if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                yield from _IN_SUB.findall(inner if isinstance(inner, str) else inner[0])
                yield from named_in(inner)
            else:
                yield from named_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named_in(inner)


def waits_for(template: Template) -> dict[str, set[str]]:
    """What CloudFormation makes before each resource, under any conditions. A nested stack is made as a whole."""
    resources = template["Resources"]
    found = {}
    for name, resource in resources.items():
        depends = resource.get("DependsOn", [])
        named = {*named_in(resource.get("Properties", {})), *([depends] if isinstance(depends, str) else depends)}
        found[name] = named & set(resources)
    return found


def order(template: Template) -> list[str]:
    """One in which the resources can be made. Raises graphlib.CycleError when there is none."""
    return list(TopologicalSorter(waits_for(template)).static_order())


def actions(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every action that a policy document allows, and to what, as JSON."""
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        yield from ((action, json.dumps(statement["Resource"])) for action in listed)
