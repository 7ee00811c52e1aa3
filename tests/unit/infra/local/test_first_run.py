import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from callauth.keys import authenticate, hash_key
from callcore.accounts.account import KeyKind, KeyPolicy, Overrides
from callcore.agents.agent import Agent, parse_config
from callcore.errors import InvalidInput, Unauthenticated
from callcore.ids import AgentId, SessionId
from callcore.opening.plan import OpeningRequest, begin_opening, finish_opening
from callcore.tools.toolbox import toolbox
from callstore.sqlite.stores import SqliteStores
from infra.local.connection import Connection, read_connection, write_connection
from infra.local.first_run import LOCAL_ACCOUNT, Installation, demo_agent, install
from infra.local.welcome import curl_line, iframe_snippet, script_snippet, welcome
from tests.clocks import ManualClock

NOW = ManualClock().now_s


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with SqliteStores(tmp_path / "parley.db", ManualClock()) as opened:
        yield opened


def run(stores: SqliteStores, kept: Connection | None = None, now: float = NOW) -> Installation:
    return install(stores.accounts, stores.agents, kept, now)


def connection_of(installation: Installation, api_url: str = "http://127.0.0.1:8000") -> Connection:
    return Connection(
        **installation.keys.model_dump(),
        api_url=api_url,
        media_url="ws://127.0.0.1:8080/millis",
        page_url=f"{api_url}/agents/embedded?id={installation.agent_id}&k={installation.keys.snippet_key}",
        agent_id=installation.agent_id,
    )


def test_a_first_run_makes_an_account_three_keys_and_the_demo_agent(stores: SqliteStores) -> None:
    installation = run(stores)
    assert installation.notes == ()
    account = stores.accounts.get_account(LOCAL_ACCOUNT)
    assert len(account.embed_secret) >= 32
    (agent,) = stores.agents.list_agents(LOCAL_ACCOUNT)
    assert agent == Agent(installation.agent_id, LOCAL_ACCOUNT, demo_agent()["name"], demo_agent()["config"], NOW)
    for key, kind, policy in (
        (installation.keys.private_key, KeyKind.PRIVATE, KeyPolicy()),
        (installation.keys.public_key, KeyKind.PUBLIC, KeyPolicy(overrides=Overrides.ALL, loopback_only=True)),
        (installation.keys.snippet_key, KeyKind.PUBLIC, KeyPolicy(overrides=Overrides.SAFE, loopback_only=False)),
    ):
        record, owner = authenticate(stores.accounts, key, kind)
        assert (record.policy, owner) == (policy, account)


def test_a_restart_keeps_everything(stores: SqliteStores) -> None:
    first = run(stores)
    assert run(stores, connection_of(first), NOW + 60) == first
    assert len(stores.agents.list_agents(LOCAL_ACCOUNT)) == 1


def test_a_lost_connection_file_makes_new_keys_and_says_so(stores: SqliteStores) -> None:
    first = run(stores)
    second = run(stores, None, NOW + 60)
    assert second.agent_id == first.agent_id
    assert not set(second.keys.model_dump().values()) & set(first.keys.model_dump().values())
    (note,) = second.notes
    assert "new ones" in note
    # Snippets that stand in pages already go on working.
    authenticate(stores.accounts, first.keys.snippet_key, KeyKind.PUBLIC)


def test_a_key_that_was_rotated_is_replaced_and_the_others_stay(stores: SqliteStores) -> None:
    first = run(stores)
    stores.credentials.revoke_key(LOCAL_ACCOUNT, hash_key(first.keys.private_key), NOW + 1)
    second = run(stores, connection_of(first), NOW + 60)
    assert second.keys.private_key != first.keys.private_key
    assert (second.keys.public_key, second.keys.snippet_key) == (first.keys.public_key, first.keys.snippet_key)
    assert second.notes == ("These keys were not found or are revoked, so there are new ones: private_key.",)
    authenticate(stores.accounts, second.keys.private_key, KeyKind.PRIVATE)


def test_a_connection_file_of_another_database_is_not_believed(stores: SqliteStores, tmp_path: Path) -> None:
    with SqliteStores(tmp_path / "other.db", ManualClock()) as others:
        foreign = connection_of(run(others))
    installation = run(stores, foreign)
    assert installation.agent_id != foreign.agent_id
    with pytest.raises(Unauthenticated):
        authenticate(stores.accounts, foreign.private_key, KeyKind.PRIVATE)
    authenticate(stores.accounts, installation.keys.private_key, KeyKind.PRIVATE)


def test_a_deleted_demo_agent_is_replaced_by_the_oldest_other_one(stores: SqliteStores) -> None:
    first = run(stores)
    other = Agent(AgentId("-Mine"), LOCAL_ACCOUNT, "Mine", {}, NOW + 1)
    stores.agents.put_agent(other)
    assert run(stores, connection_of(first)).agent_id == first.agent_id
    stores.agents.delete_agent(LOCAL_ACCOUNT, first.agent_id)
    assert run(stores, connection_of(first)).agent_id == "-Mine"


def test_the_connection_file_is_private_and_complete(stores: SqliteStores, tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    assert read_connection(path) is None
    connection = connection_of(run(stores))
    for _ in range(2):
        write_connection(path, connection)
        assert read_connection(path) == connection
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.glob("connection*")) == ["connection.json"]


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"public_key": 5}'])
def test_a_damaged_connection_file_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "connection.json").write_text(content)
    with pytest.raises(InvalidInput, match="damaged"):
        read_connection(tmp_path / "connection.json")


def test_the_snippets_hold_the_key_for_pages_and_no_other(stores: SqliteStores) -> None:
    connection = connection_of(run(stores), "https://x.example")
    for snippet in (iframe_snippet(connection), script_snippet(connection)):
        assert "https://x.example/" in snippet
        assert connection.snippet_key in snippet
        assert connection.public_key not in snippet
        assert connection.private_key not in snippet
    assert "&amp;k=" in iframe_snippet(connection)
    assert 'allow="microphone"' in iframe_snippet(connection)
    assert connection.private_key in curl_line(connection)
    message = welcome(
        connection, Path("/x/connection.json"), ("A note.",), "http://127.0.0.1:8000/console/sign-in/link?code=c"
    )
    assert f"{connection.page_url}&userName=Ann" in message
    for part in (
        iframe_snippet(connection),
        script_snippet(connection),
        curl_line(connection),
        "A note.",
        "/x/",
        "/link?code=c",
    ):
        assert part in message
    assert connection.public_key not in message


@pytest.mark.parametrize(
    ("metadata", "greeting"),
    [({}, "Hi there, this is the Harbour Table."), ({"userName": "Ann"}, "Hi Ann, this is the Harbour Table.")],
)
def test_the_demo_agent_greets_with_and_without_a_name(metadata: dict[str, str], greeting: str) -> None:
    request = OpeningRequest(
        session_id=SessionId("s"),
        account_id=LOCAL_ACCOUNT,
        max_call_duration_s=3600,
        agent_id=AgentId("-A"),
        stored_config=demo_agent()["config"],
        metadata=metadata,
    )
    plan = finish_opening(begin_opening(request), None)
    assert plan.first_message is not None
    assert plan.first_message.startswith(greeting)
    assert "{" not in plan.system_prompt
    assert plan.notes == ()


def test_the_demo_agent_can_do_what_it_promises() -> None:
    config = parse_config(demo_agent()["config"])
    script = config.llm.script
    assert script is not None
    parts = (config.llm, config.voice, config.speech_to_text)
    assert [part.provider for part in parts] == [None, None, None], "whoever is there serves it"
    phrases = [phrase for intent in script.intents for phrase in intent.phrases] + [*script.end, *script.handoff]
    assert len(phrases) == len(set(phrases))
    box = toolbox(config, {})
    assert {intent.tool for intent in script.intents if intent.tool} == set(box.tools)
    assert box.notes == ()
    assert not any(tool.has_webhook for tool in box.tools.values()), "no server is needed"
    assert script.handoff_answer
    assert set(script.slots) == {"party", "time"}
