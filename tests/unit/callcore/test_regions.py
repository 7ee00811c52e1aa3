import pytest
from pydantic import TypeAdapter, ValidationError

from callcore.errors import InvalidInput
from callcore.regions import MediaHosts, RegionalUrls

HOSTS = MediaHosts.at("wss://voice.example.com/millis", {"eu-west": "wss://eu.example.com/millis", "ap-1": "wss://ap"})


@pytest.mark.parametrize(
    ("region", "host"),
    [
        (None, "wss://voice.example.com"),
        ("us-west", "wss://voice.example.com"),
        ("eu-west", "wss://eu.example.com"),
        ("ap-1", "wss://ap"),
    ],
)
def test_a_region_has_its_host_or_that_of_the_others(region: str | None, host: str) -> None:
    assert HOSTS.of(region) == host
    HOSTS.check(region)


def test_every_host_is_one_that_a_carrier_may_ask() -> None:
    assert HOSTS.every() == ("wss://voice.example.com", "wss://eu.example.com", "wss://ap")


def test_a_region_that_nobody_knows_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="region: must be one of ap-1, eu-west, us-west"):
        HOSTS.check("mars")


@pytest.mark.parametrize("text", ['{"EU": "wss://x"}', '{"eu": "https://x"}', '{"eu": "wss://x?k=1"}', "[]"])
def test_a_setting_that_names_no_hosts_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(RegionalUrls).validate_json(text)
