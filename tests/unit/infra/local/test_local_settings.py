from pathlib import Path

import pytest

from callcore.errors import InvalidInput
from callcore.ids import AgentId
from infra.local.addresses import addresses_of, own_origins
from infra.local.environment import environment_of_children
from infra.local.settings import LocalSettings, parse_arguments, read_settings

NAMES = ("DATA_DIR", "HOST", "HTTP_PORT", "MEDIA_PORT", "PUBLIC_URL", "SUPERVISED", "SWEEP_INTERVAL_S")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"PARLEY_{name}", raising=False)


def test_the_defaults() -> None:
    settings = parse_arguments([])
    assert (settings.host, settings.http_port, settings.media_port) == ("127.0.0.1", 8000, 8080)
    assert (settings.public_url, settings.supervised, settings.sweep_interval_s) == (None, False, 10.0)
    assert settings.data_dir == Path.cwd() / ".parley"
    assert settings.database.parent == settings.connection_file.parent == settings.data_dir


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_HTTP_PORT", "9000")
    monkeypatch.setenv("PARLEY_MEDIA_PORT", "9001")
    settings = parse_arguments(["--http-port", "9100", "--data-dir", "/x/y", "--host", "0.0.0.0"])
    assert (settings.http_port, settings.media_port) == (9100, 9001)
    assert (settings.data_dir, settings.host) == (Path("/x/y"), "0.0.0.0")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--http-port", "http"], "http-port"),
        (["--http-port", "65536"], "http-port"),
        (["--media-port", "-1"], "media-port"),
        (["--public-url", "calls.example.com"], "public-url"),
        (["--public-url", "https://calls.example.com/path"], "public-url"),
        (["--public-url", "https://user@calls.example.com"], "public-url"),
        (["--public-url", "https://calls.example.com?x=1"], "public-url"),
        (["--public-url", "wss://calls.example.com"], "public-url"),
        (["--public-url", "https://"], "public-url"),
    ],
)
def test_a_wrong_value_is_named(arguments: list[str], name: str) -> None:
    arguments = [f"{arguments[0]}={arguments[1]}"]
    with pytest.raises(InvalidInput, match=f"^{name}: ") as refusal:
        parse_arguments(arguments)
    assert "\n" not in str(refusal.value)


def test_a_value_that_is_no_json_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_MEDIA_URLS", "wss://eu.example.com")
    with pytest.raises(InvalidInput, match="media_urls"):
        read_settings()


@pytest.mark.parametrize("public_url", [None, "https://calls.example.com"])
def test_a_child_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch, public_url: str | None) -> None:
    monkeypatch.setenv("PARLEY_PUBLIC_URL", "https://other.example.com")
    regional = {"eu-west": "wss://eu.example.com/millis"}
    settings = LocalSettings(data_dir=Path("/x"), http_port=1, media_port=2, public_url=public_url, media_urls=regional)
    environment = environment_of_children(settings)
    for name in NAMES:
        monkeypatch.delenv(f"PARLEY_{name}", raising=False)
    for name, value in environment.items():
        if name.startswith("PARLEY_"):
            monkeypatch.setenv(name, value)
    assert read_settings() == settings.model_copy(update={"supervised": True})
    assert environment["PYTHONPATH"].split(":")[0].endswith("/functions")


def local(**given: object) -> LocalSettings:
    return read_settings(given)


@pytest.mark.parametrize(
    ("settings", "api_url", "media_url"),
    [
        (local(), "http://127.0.0.1:8000", "ws://127.0.0.1:8080/millis"),
        (local(host="localhost"), "http://localhost:8000", "ws://localhost:8080/millis"),
        (local(host="0.0.0.0"), "http://127.0.0.1:8000", "ws://127.0.0.1:8080/millis"),
        (local(host="::"), "http://[::1]:8000", "ws://[::1]:8080/millis"),
        (local(public_url="https://x.example"), "https://x.example", "wss://x.example/millis"),
        (local(public_url="https://x.example:8443/"), "https://x.example:8443", "wss://x.example:8443/millis"),
        (local(public_url="http://x.example"), "http://x.example", "ws://x.example/millis"),
    ],
)
def test_what_people_are_told(settings: LocalSettings, api_url: str, media_url: str) -> None:
    addresses = addresses_of(settings)
    assert (addresses.api_url, addresses.media_url) == (api_url, media_url)
    assert addresses.page_url(AgentId("-A_b"), "k3y") == f"{api_url}/agents/embedded?id=-A_b&k=k3y"


def test_processes_reach_each_other_here_whatever_people_are_told() -> None:
    addresses = addresses_of(local(public_url="https://x.example", host="0.0.0.0"))
    assert (addresses.api_here, addresses.media_here) == ("http://127.0.0.1:8000", "ws://127.0.0.1:8080")
    assert addresses.api_health_url == "http://127.0.0.1:8000/health"
    assert addresses.media_health_url == "http://127.0.0.1:8080/health"


def test_our_own_origins_are_those_a_browser_may_show() -> None:
    assert own_origins(local(public_url="https://x.example")) == (
        "https://x.example",
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8080",
        "http://localhost:8000",
        "http://localhost:8080",
    )


def test_the_worker_is_told_where_unpacked_libraries_are(tmp_path: Path) -> None:
    settings = local(data_dir=tmp_path)
    assert "PARLEY_FLITE_DIR" not in environment_of_children(settings)
    (tmp_path / "sys").mkdir()
    assert environment_of_children(settings)["PARLEY_FLITE_DIR"] == str(tmp_path / "sys")
