import os
import re

import pytest
from pydantic import ValidationError

from callcore.errors import InvalidInput
from media_worker.providers.vendors import Vendor
from media_worker.settings import WorkerSettings, read_or_exit, wrong_settings_named
from media_worker.transports.webrtc.terms import IceTerms


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"host": "127.0.0.1", "media_port": 8081}, "http://127.0.0.1:8081"),
        ({"host": "0.0.0.0", "internal_url": "http://10.0.1.7:8080"}, "http://10.0.1.7:8080"),
    ],
)
def test_others_reach_the_worker_where_it_listens_or_where_it_is_told(given: dict[str, object], expected: str) -> None:
    assert WorkerSettings.model_validate(given).url == expected


def test_a_worker_that_listens_everywhere_names_the_address_of_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "localhost")
    assert WorkerSettings(host="0.0.0.0", media_port=8080).url == "http://127.0.0.1:8080"


AWS = {"table": "parley", "call_events_queue": "https://sqs/queue", "bucket": "recordings", "outbox_table": "outbox"}


def test_aws_is_used_whole_or_not_at_all() -> None:
    assert WorkerSettings.model_validate(AWS).table == "parley"
    for name in AWS:
        with pytest.raises(ValidationError, match="go together"):
            WorkerSettings.model_validate(AWS | {name: ""})


def test_no_secret_is_shown() -> None:
    settings = WorkerSettings(internal_secret="s" * 64, previous_internal_secret="p" * 64, outbox_key="o" * 64)
    assert "ssss" not in repr(settings)
    assert "pppp" not in repr(settings)
    assert "oooo" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PARLEY_WEBRTC_PORTS": "9-1"}, "PARLEY_WEBRTC_PORTS: String should match pattern"),
        ({"PARLEY_RTP_PORTS": "3000-2000"}, "PARLEY_RTP_PORTS: must look like 20000-29999, within 1024-65535"),
        ({"PARLEY_WEBRTC_PUBLIC_ADDRESS": "host"}, "PARLEY_WEBRTC_PUBLIC_ADDRESS: Input is not a valid IPv4 address"),
        ({"PARLEY_OWN_ORIGINS": "https://a"}, 'error parsing value for field "own_origins"'),
        ({"PARLEY_TABLE": "parley"}, "table, call_events_queue, bucket and outbox_table go together"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in {**variables, "PARLEY_OUTBOX_KEY": "k" * 9}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as raised, wrong_settings_named():
        WorkerSettings()
    assert str(raised.value).startswith(told)
    with pytest.raises(SystemExit, match=re.escape(f"the worker cannot start: {told}")):
        read_or_exit()
    if "OWN_ORIGINS" not in str(variables):
        with pytest.raises(ValidationError) as bare:
            WorkerSettings()
        assert "kkk" not in str(bare.value)


def test_vendors_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests of AWS leave credentials behind, and a developer has keys.
    for name in tuple(os.environ):
        if name.endswith("_API_KEY") or name.startswith("AWS_"):
            monkeypatch.delenv(name)
    assert list(WorkerSettings().vendors) == []
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = WorkerSettings()
    assert list(settings.vendors) == [Vendor.OPENAI]
    assert "sk-secret" not in repr(settings)


def test_peers_of_webrtc_reach_the_worker_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WorkerSettings().ice_terms() == IceTerms()
    monkeypatch.setenv("PARLEY_WEBRTC_PORTS", "20000-20099")
    monkeypatch.setenv("PARLEY_WEBRTC_PUBLIC_ADDRESS", "203.0.113.7")
    monkeypatch.setenv("PARLEY_WEBRTC_ADDRESSES", '["10.0.0.5"]')
    assert WorkerSettings().ice_terms() == IceTerms(("10.0.0.5",), range(20000, 20100), "203.0.113.7")
    monkeypatch.setenv("PARLEY_WEBRTC_PUBLIC_ADDRESS", "auto")
    assert WorkerSettings().ice_terms("203.0.113.9").public_address == "203.0.113.9"
    for wrong in ("20099-20000", "53-60", "20000", "20000-99999"):
        with pytest.raises(ValidationError, match="webrtc_ports"):
            WorkerSettings(webrtc_ports=wrong)
