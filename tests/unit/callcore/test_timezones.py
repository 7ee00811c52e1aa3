"""Time zones are found by their IANA names, whatever stands there."""

import importlib.resources
import zoneinfo
from pathlib import Path

import pytest

from callcore.timezones import zone_of


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Berlin", "UTC", "Asia/Kathmandu"])
def test_a_zone_has_its_name(name: str) -> None:
    zone = zone_of(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize("name", ["", "Mars/Base", "Europe", "../../etc/passwd", "/etc/passwd", "x" * 5_000, "a\0b"])
def test_what_is_no_name_has_no_zone(name: str) -> None:
    assert zone_of(name) is None


def test_zones_come_with_the_packages_where_the_system_has_none() -> None:
    """As in a slim image: the file of the package is what `zoneinfo` falls back to."""
    with (importlib.resources.files("tzdata") / "zoneinfo" / "Europe" / "Berlin").open("rb") as file:
        assert zoneinfo.ZoneInfo.from_file(file, "Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-aws.txt", "functions/requirements.txt"])
def test_worker_and_functions_bring_them(lock: str) -> None:
    assert "\ntzdata==" in (Path(__file__).parents[3] / lock).read_text()
