"""Which origin people are told."""

import pytest

from callcore.errors import InvalidInput
from observability.own_url import own_url
from tests.peers.lambda_events import http_api, load_balancer


def test_what_is_configured_wins() -> None:
    assert own_url("https://voice.example.com", load_balancer("GET", "/")) == "https://voice.example.com"


def test_without_it_api_gateway_names_itself_and_the_host_header_names_nobody() -> None:
    event = http_api("GET", "/", headers={"host": "evil.example"})
    assert own_url("", event) == "https://id.execute-api.eu-west-1.amazonaws.com"


def test_a_load_balancer_has_no_name_of_its_own() -> None:
    with pytest.raises(InvalidInput):
        own_url("", load_balancer("GET", "/", headers={"host": "evil.example"}))
