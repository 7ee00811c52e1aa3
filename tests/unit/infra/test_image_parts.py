"""The list of the image's parts names what is installed, once, with its version and licence."""

import json
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

from infra import image_parts
from infra.image_parts import bill, debian_parts, python_parts

INSTALLED = Path(sysconfig.get_paths()["purelib"])
STATUS = """Package: libflite1
Status: install ok installed
Architecture: arm64
Version: 2.2-5
Description: a small run-time speech synthesis engine
 with a second line

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1:1.0+b1
"""


def test_packages_of_python_are_told_with_version_and_licence() -> None:
    parts = {part["name"]: part for part in python_parts(INSTALLED)}
    assert parts["uvicorn"]["purl"] == f"pkg:pypi/uvicorn@{version('uvicorn')}"
    assert parts["pydantic-core"]["licenses"] == [{"expression": "MIT"}]
    assert "BSD" in parts["numpy"]["licenses"][0].get("expression", str(parts["numpy"]["licenses"]))


def test_packages_of_debian_are_told_if_they_are_installed(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    (part,) = debian_parts(tmp_path / "status")
    assert part["purl"] == "pkg:deb/debian/libflite1@2.2-5?arch=arm64"


def test_the_same_parts_are_the_same_document(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    command = [sys.executable, image_parts.__file__, str(INSTALLED), str(tmp_path / "status")]
    first, second = (subprocess.run(command, check=True, capture_output=True).stdout for _ in range(2))
    assert first == second
    told = json.loads(first)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    references = [part["bom-ref"] for part in told["components"]]
    assert len(references) == len(set(references)) > 20
    assert bill([])["serialNumber"] != told["serialNumber"]
