"""What the image is made of, as CycloneDX 1.6: `python image_parts.py PACKAGES DPKG_STATUS > sbom.cdx.json`.

Read from what is installed, not from what was asked for. It runs while the image is built, so it needs nothing but
Python.
"""

import json
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from email.parser import HeaderParser
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

_OURS = UUID("5bb66c9f-2f0a-5d4c-9d55-2d0b1f3a5f0e")
"""The namespace of serial numbers: the same parts have the same one."""
Component = Mapping[str, Any]


def interpreter() -> Component:
    """Python itself, which is no package of its image."""
    version = platform.python_version()
    return _component("python", version, f"pkg:generic/python@{version}")


def python_parts(folder: Path) -> Iterator[Component]:
    """Of the packages that are installed in a folder."""
    for found in sorted(distributions(path=[str(folder)]), key=lambda one: one.name.lower()):
        name = re.sub(r"[-_.]+", "-", found.name).lower()  # as packages' addresses have it (PEP 503)
        yield _component(name, found.version, f"pkg:pypi/{name}@{quote(found.version)}") | _licences(found)


def debian_parts(status: Path) -> Iterator[Component]:
    """Of what dpkg has installed; `status` is its database."""
    for paragraph in status.read_text(errors="replace").split("\n\n"):
        fields = HeaderParser().parsestr(paragraph)
        if fields.get("Status", "").endswith(" installed"):
            name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
            yield _component(name, version, f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={architecture}")


def bill(components: Sequence[Component]) -> Mapping[str, Any]:
    """The document."""
    told = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_OURS, told)}",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": "parley-worker", "name": "parley-worker"}},
        "components": components,
    }


def _component(name: str, version: str, address: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}


def _licences(found: Distribution) -> dict[str, Any]:
    """By its expression, or by the name that its authors gave; nothing when they said none."""

    def said(field: str) -> Sequence[str]:
        return found.metadata.get_all(field, [])

    for expression in said("License-Expression"):
        return {"licenses": [{"expression": expression}]}
    named = [line.rpartition(" :: ")[2] for line in said("Classifier") if line.startswith("License ::")]
    # Some have the whole text of their licence there.
    named = named or [text.splitlines()[0] for text in said("License") if text.strip()]
    return {"licenses": [{"license": {"name": name}} for name in named]} if named else {}


if __name__ == "__main__":
    installed, database = map(Path, sys.argv[1:3])
    print(json.dumps(bill([interpreter(), *python_parts(installed), *debian_parts(database)]), indent=1))
