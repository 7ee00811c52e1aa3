from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from callauth.tokens import TokenUse, verify
from callcore.accounts.account import AccountStatus
from callcore.billing.allowance import Holder, Used, day_of
from callcore.errors import NotAllowed
from callcore.ids import AgentId
from callcore.voices import CATALOGUE_KEY, Voice, catalogue_text
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def agent(stores: SqliteStores) -> None:
    config = {"default_metadata": {"userName": "there", "plan": "free"}}
    stores.agents.put_agent(replace(rows.agent(), config=config))
    stores.credentials.set_embed_secret(rows.ANN, SECRET)


def use(clock: ManualClock, origin: str | None = None) -> TokenUse:
    return TokenUse(rows.ANN, AgentId("-Agent"), origin, clock.unix_s())


def test_a_token_vouches_for_what_it_was_asked(ann: Caller, stores: SqliteStores, clock: ManualClock) -> None:
    metadata = {"userName": "Ann", "vip": True}
    status, made = ann.post("/sessions/token", {"agent_id": "-Agent", "metadata": metadata})
    assert (status, made["expires_at"]) == (200, 1_800_000_300)
    claims = verify(made["token"], SECRET, use(clock), stores.used_tokens)
    assert (claims.metadata, claims.token_id, claims.origin) == (metadata, None, None)


def test_a_token_can_be_for_one_page_and_one_use(ann: Caller, stores: SqliteStores, clock: ManualClock) -> None:
    asked = {"agent_id": "-Agent", "origin": "https://a.example", "expires_in": 600, "single_use": True}
    made = ann.post("/sessions/token", asked | {"metadata": None})[1]
    with pytest.raises(NotAllowed, match="origin"):
        verify(made["token"], SECRET, use(clock), stores.used_tokens)
    verify(made["token"], SECRET, use(clock, "https://a.example"), stores.used_tokens)
    with pytest.raises(NotAllowed, match="used already"):
        verify(made["token"], SECRET, use(clock, "https://a.example"), stores.used_tokens)


def test_without_a_secret_there_is_no_token(ann: Caller) -> None:
    ann.delete("/embed-secret")
    status, problem = ann.post("/sessions/token", {"agent_id": "-Agent"})
    assert status == 409
    assert "POST /embed-secret" in problem["message"]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/sessions/token", {}, 422, "agent_id"),
        ("/sessions/token", {"agent_id": None}, 422, "agent_id"),
        ("/sessions/token", {"agent_id": "-None"}, 404, "-None"),
        ("/sessions/token", {"agent_id": "-Agent", "expires_in": 601}, 422, "expires_in"),
        ("/sessions/token", {"agent_id": "-Agent", "expires_in": 0}, 422, "expires_in"),
        ("/sessions/token", {"agent_id": "-Agent", "metadata": []}, 422, "metadata"),
        ("/sessions/token", {"agent_id": "-Agent", "metadata": {"a": "x" * 2001}}, 400, "metadata.a"),
        ("/sessions/token", {"agent_id": "-Agent", "metadata": {"a": "\ud800"}}, 400, "metadata"),
        ("/render", {}, 422, "template"),
        ("/render", {"template": 5}, 422, "template"),
        ("/render", {"template": "x" * 100_001}, 422, "template"),
        ("/render", {"template": "x", "metadata": {"": "x"}}, 400, "metadata"),
        ("/render", {"template": "x", "agent_id": "-None"}, 404, "-None"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(
    ann: Caller, path: str, body: object, status: int, field: str
) -> None:
    answered, problem = ann.post(path, body)
    assert answered == status
    assert field in problem["message"]


@pytest.mark.parametrize(
    ("body", "text", "unknown"),
    [
        ({"template": "Hi {userName}, {x}{x} {y}!"}, "Hi {userName}, {x}{x} {y}!", ["userName", "x", "y"]),
        ({"template": "Hi {userName}", "metadata": {"userName": "Ann"}}, "Hi Ann", []),
        ({"template": "{a}{b}", "metadata": {"a": "{b}", "b": None}}, "{b}", []),
        ({"template": "Hi {userName} on {plan}", "agent_id": "-Agent"}, "Hi there on free", []),
        (
            {"template": "{userName} {agent_id}", "agent_id": "-Agent", "metadata": {"userName": "Ann"}},
            "Ann -Agent",
            [],
        ),
        ({"template": "{FromPhone}", "metadata": {"FromPhone": "+1"}}, "{FromPhone}", ["FromPhone"]),
        ({"template": '{"json": {"a": 1}}', "metadata": None}, '{"json": {"a": 1}}', []),
        ({"template": ""}, "", []),
    ],
)
def test_a_template_is_previewed(ann: Caller, body: dict[str, Any], text: str, unknown: list[str]) -> None:
    assert ann.post("/render", body) == (200, {"text": text, "unknown": unknown})


def test_another_accounts_agent_does_not_exist(bob: Caller) -> None:
    assert bob.post("/sessions/token", {"agent_id": "-Agent"})[0] == 404
    assert bob.post("/render", {"template": "{plan}", "agent_id": "-Agent"})[0] == 404


def test_the_account_is_told_about_itself(ann: Caller, stores: SqliteStores, clock: ManualClock) -> None:
    stores.day_totals.add_used(Holder(rows.ANN), day_of(clock.unix_s()), Used(90_000, 2_250_000), str(uuid4()))
    status, info = ann.get("/user/info")
    assert status == 200
    means = info.pop("limits_mean")
    assert info == {
        "id": rows.ANN,
        "name": "Ann's café",
        "credit": None,
        "used_credit": None,
        "auto_refill": {"enabled": False, "threshold": None, "refill_amount": None},
        "limits": {
            "max_concurrent_calls": 7,
            "max_call_duration_s": 900,
            "max_minutes_per_day": 50,
            "max_spend_per_day": None,
        },
        "retention_days": 30,
        "used_today": {"minutes": 1.5, "spend": 2.25},
    }
    assert set(means) == set(info["limits"])
    stores.accounts.put_account(replace(rows.account(), status=AccountStatus.SUSPENDED))
    assert ann.get("/user/info")[0] == 403


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 5), ("?lang_code=en", 5), ("?language=en-GB", 1), ("?lang_code=de", 0), ("?lang_code=&language=de", 0)],
)
def test_voices_are_open_to_everybody(client_without_key: Caller, query: str, count: int) -> None:
    status, voices = client_without_key.get(f"/voices{query}")
    assert (status, len(voices)) == (200, count)
    for voice in voices:
        assert set(voice) == {"name", "provider", "voice_id", "preview_url", "language", "category"}


def test_voices_of_vendors_are_listed_and_the_operators_own_only_to_who_has_a_key(
    ann: Caller, client_without_key: Caller, blobs: FilesBlobStore
) -> None:
    assert ann.get("/voices/custom?lang_code=en") == (200, [])
    public = Voice("Rachel", "elevenlabs", "r", "en-US", "premade", "https://example.com/r.mp3")
    german = Voice("Vicki", "polly", "Vicki", "de-DE", "neural")
    own = Voice("Boss", "elevenlabs", "b", "multi", "cloned", is_own=True)
    writer = blobs.create(CATALOGUE_KEY, "application/json")
    writer.append(catalogue_text([public, german, own]))
    writer.finish(b"")
    listed = client_without_key.get("/voices")[1]
    assert [voice["voice_id"] for voice in listed][-2:] == ["r", "Vicki"]
    assert listed[-2]["preview_url"] == "https://example.com/r.mp3"
    assert [voice["voice_id"] for voice in client_without_key.get("/voices?lang_code=de")[1]] == ["Vicki"]
    assert [voice["voice_id"] for voice in ann.get("/voices/custom?lang_code=pt")[1]] == ["b"]
    assert client_without_key.get("/voices/custom")[0] == 401


def test_a_catalogue_of_another_version_costs_the_embedded_voices_nothing(
    client_without_key: Caller, blobs: FilesBlobStore
) -> None:
    writer = blobs.create(CATALOGUE_KEY, "application/json")
    writer.append(b'[{"unknown": 1}]')
    writer.finish(b"")
    assert len(client_without_key.get("/voices")[1]) == 5
