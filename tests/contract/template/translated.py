"""The templates as CloudFormation gets them, translated without AWS (samtranslator)."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[3]
REGION = "eu-west-1"
_UPLOADED = {"CodeUri": {"Bucket": "b", "Key": "k"}, "ContentUri": {"Bucket": "b", "Key": "k"}}

Template = Mapping[str, Any]


class _ManagedPolicies:
    def load(self) -> dict[str, str]:
        """Names and ARNs; our roles are written out, the schedule's needs none."""
        return {}


@cache
def written(name: str = "template.yaml") -> Template:
    """A template as it stands in the repository; intrinsic functions in their long form."""
    template: Template = yaml_parse((ROOT / name).read_text())
    return template


@cache
def translated() -> Template:
    """template.yaml without anything of SAM."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = _UPLOADED["CodeUri"]
    template["Resources"]["WidgetAssets"]["Properties"]["ContentUri"] = _UPLOADED["ContentUri"]
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):
        result: Template = transform(template, {"AWS::Region": REGION}, _ManagedPolicies())
    return result


def resources(template: Template, kind: str) -> dict[str, Any]:
    """The properties of every resource of a type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }
