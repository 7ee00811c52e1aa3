"""The roles of template.yaml, as IAM of the tests understands them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.template.translated import resources, translated
from tests.peers.iam import Grant

_OUTPUT = re.compile(r"\$\{Data\.Outputs\.(\w+)\}")


def grants(role: str, data: Mapping[str, str]) -> list[Grant]:
    """What a role may do; `data` is what the outputs of the data stack are called here."""
    policies = resources(translated(), "AWS::IAM::Role")[role]["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return [
        Grant(
            _listed(statement["Action"]),
            [name for resource in _listed(statement["Resource"]) for name in _named(resource, data)],
            statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys"),
        )
        for statement in statements
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(resource: Any, data: Mapping[str, str]) -> Iterator[str]:
    """Nothing for what is no part of the data stack: logs, and what is there under a condition only."""
    match resource:
        case str():
            yield resource
        case {"Fn::GetAtt": ["Data", str(output)]}:
            yield data[output.removeprefix("Outputs.")]
        case {"Fn::Sub": str(text)}:
            yield _OUTPUT.sub(lambda found: data[found[1]], text)
