from dataclasses import fields
from typing import Any

import pytest

from callcore.accounts.account import Account, KeyPolicy, Overrides
from callcore.accounts.key_policy import KeyUse, check_key_use, explain_limits, explain_policy
from callcore.errors import NotAllowed
from callcore.ids import AccountId, AgentId

AGENT, OTHER = AgentId("-OAgent"), AgentId("-OOther")
STORED: dict[str, Any] = {"prompt": "p", "voice": {"voice_id": "v"}, "vad_threshold": 1, "tools": [{"timeout": 5}]}
OWN = ("http://127.0.0.1:8000",)


def use(**fields: Any) -> KeyUse:
    return KeyUse(**{"agent_id": AGENT, "stored_config": STORED, "own_origins": OWN, **fields})


FILES = "a public key refuses agent_config.knowledge_base.files that are not the stored agent's"
NONE, SAFE, ALL = (KeyPolicy(overrides=overrides) for overrides in Overrides)


@pytest.mark.parametrize(
    ("policy", "asked"),
    [
        (SAFE, use()),
        (SAFE, use(override={})),
        (SAFE, use(override={"language": "de", "first_message": "Hallo", "voice": {"voice_id": "x"}})),
        (SAFE, use(override=STORED)),
        (SAFE, use(override={"prompt": "p", "tools": [{"timeout": 5}], "llm": None})),
        (NONE, use(override={"voice": {"voice_id": "v"}, "language": None})),
        (ALL, use(override={"prompt": "other"})),
        (ALL, use(override={"knowledge_base": {"files": [], "messages": ["x"]}})),
        (
            ALL,
            use(override={"knowledge_base": {"files": ["f"]}}, stored_config={"knowledge_base": {"files": ["f", "g"]}}),
        ),
        (ALL, use(override={"knowledge_base": None, "prompt": "p"})),
        (ALL, use(agent_id=None, stored_config=None, override={"prompt": "p"})),
        (KeyPolicy(agents=(AGENT,)), use()),
        (KeyPolicy(origins=("https://Shop.example/",)), use(origin="https://shop.example")),
        (KeyPolicy(origins=("https://shop.example:443",)), use(origin="https://shop.example")),
        (KeyPolicy(origins=("http://shop.example:8080",)), use(origin="http://shop.example:8080")),
        (KeyPolicy(origins=("https://Bücher.example:443/",)), use(origin="https://xn--bcher-kva.example")),
        (KeyPolicy(origins=None), use(origin="https://any.example")),
        (KeyPolicy(origins=()), use(origin="http://127.0.0.1:8000")),
        (KeyPolicy(origins=()), use(origin=None)),
        (SAFE, use(origin="null", has_token=True)),
        (KeyPolicy(loopback_only=True), use(from_loopback=True)),
    ],
)
def test_what_a_policy_allows(policy: KeyPolicy, asked: KeyUse) -> None:
    check_key_use(policy, asked)


@pytest.mark.parametrize(
    ("policy", "asked", "reason"),
    [
        (SAFE, use(override={"prompt": "q"}), "key policy overrides=safe refuses agent_config.prompt"),
        (SAFE, use(override={"voice": {}, "tools": []}), "key policy overrides=safe refuses agent_config.tools"),
        (ALL, use(override={"knowledge_base": {"files": ["f"]}}), FILES),
        (ALL, use(agent_id=None, stored_config=None, override={"knowledge_base": {"files": ["f"]}}), FILES),
        (SAFE, use(override={"new": 1}), "key policy overrides=safe refuses agent_config.new"),
        (SAFE, use(override={"vad_threshold": True}), "key policy overrides=safe refuses agent_config.vad_threshold"),
        (SAFE, use(override={"x" * 500: 1}), "key policy overrides=safe refuses agent_config." + "x" * 64),
        (SAFE, use(override={"prompt": ""}), "key policy overrides=safe refuses agent_config.prompt"),
        (NONE, use(override={"language": "de"}), "key policy overrides=none refuses agent_config.language"),
        (SAFE, use(agent_id=None, override={"language": "de"}), "key policy overrides=safe refuses a temporary agent"),
        (NONE, use(agent_id=None), "key policy overrides=none refuses a temporary agent"),
        (KeyPolicy(agents=(AGENT,)), use(agent_id=OTHER), "key policy agents refuses agent -OOther"),
        (KeyPolicy(agents=()), use(), "key policy agents refuses agent -OAgent"),
        (
            KeyPolicy(agents=(AGENT,), overrides=Overrides.ALL),
            use(agent_id=None),
            "key policy agents refuses a temporary agent",
        ),
        (KeyPolicy(origins=()), use(origin="https://x.example"), "key policy origins refuses https://x.example"),
        (
            KeyPolicy(origins=("https://shop.example",)),
            use(origin="https://shop.example.evil.example"),
            "key policy origins refuses https://shop.example.evil.example",
        ),
        (
            KeyPolicy(origins=("https://shop.example",)),
            use(origin="http://shop.example"),
            "key policy origins refuses http://shop.example",
        ),
        (SAFE, use(origin="null"), "key policy origins refuses the origin null without a signed token"),
        (
            KeyPolicy(origins=("null",)),
            use(origin="null"),
            "key policy origins refuses the origin null without a signed token",
        ),
        (KeyPolicy(loopback_only=True), use(), "key policy loopback_only refuses a connection from elsewhere"),
    ],
)
def test_what_a_policy_refuses_and_how_it_says_so(policy: KeyPolicy, asked: KeyUse, reason: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        check_key_use(policy, asked)
    assert str(caught.value) == reason
    assert len(reason.encode()) <= 123


def test_every_field_of_a_policy_and_every_limit_is_explained() -> None:
    opposite = KeyPolicy(
        (AgentId("-A"),),
        (),
        Overrides.ALL,
        phone=True,
        loopback_only=True,
        max_concurrent_calls=1,
        max_minutes_per_day=2,
        max_spend_per_day=3,
    )
    plain, other = explain_policy(KeyPolicy()), explain_policy(opposite)
    assert set(plain) == set(other) == {field.name for field in fields(KeyPolicy)}
    assert all(plain[name] != other[name] for name in plain)
    assert "-A" in other["agents"]
    assert "https://a.example" in explain_policy(KeyPolicy(origins=("https://a.example",)))["origins"]
    assert len({explain_policy(KeyPolicy(overrides=value))["overrides"] for value in Overrides}) == 3
    account = Account(
        AccountId("acc"), "A", 0.0, "", max_concurrent_calls=7, max_call_duration_s=90, max_spend_per_day=500
    )
    assert explain_limits(account) == {
        "max_concurrent_calls": "call 8 is refused while so many go on",
        "max_call_duration_s": "a call ends after 90 seconds, whatever its agent says",
        "max_minutes_per_day": "no minutes of a day are too many",
        "max_spend_per_day": "500 US cents a day (UTC), then calls end",
    }
