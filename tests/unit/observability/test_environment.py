import pytest
from pydantic import Field, Json, ValidationError

from callcore.regions import RegionalUrls
from observability.environment import Environment


class Settings(Environment):
    table: str = Field(min_length=1)
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    assets_dir: str = Field(default="here", validation_alias="ASSETS")


def test_a_field_is_a_variable_of_ours_or_the_one_that_it_names() -> None:
    assert set(Settings.variables().values()) == {"PARLEY_TABLE", "PARLEY_MEDIA_URLS", "ASSETS"}
    told = {"PARLEY_TABLE": "t", "PARLEY_MEDIA_URLS": '{"eu-west": "wss://eu.example"}', "ASSETS": "there", "HOME": "/"}
    settings = Settings.read(told)
    assert (settings.table, dict(settings.media_urls), settings.assets_dir) == (
        "t",
        {"eu-west": "wss://eu.example"},
        "there",
    )
    assert Settings.read({"PARLEY_TABLE": "t"}).assets_dir == "here"


def test_the_process_s_own_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_TABLE", "of the process")
    assert Settings.read().table == "of the process"


@pytest.mark.parametrize(
    "told", [{}, {"PARLEY_TABLE": ""}, {"PARLEY_TABLE": "t", "PARLEY_MEDIA_URLS": "eu"}, {"TABLE": "t"}]
)
def test_a_value_that_is_missing_or_wrong_stops_the_start(told: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.read(told)
