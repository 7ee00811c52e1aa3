"""Who gets in, with what."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callauth.keys import hash_key, key_record, new_key
from callauth.private_reports import SealedReports
from callauth.tokens import SignedMetadata, sign
from callcore.accounts.account import Account, KeyKind, KeyPolicy, Overrides
from callcore.agents.agent import Agent, AgentStatus
from callcore.calls.call import Call, CallStatus
from callcore.calls.registration import REGISTRATION_S, Registration, register
from callcore.clock import SystemClock
from callcore.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound, RequestFailed, Unauthenticated
from callcore.ids import AccountId, AgentId, SessionId
from callcore.opening.plan import Prefetched, PrefetchRequest
from callcore.wire.client import Initiate
from callstore.private_calls import register_call
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.socket import Peer
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.earlier_calls import EarlierCalls

ACCOUNT = AccountId("acc_1")
SECRET = "s" * 32
HERE = Peer("127.0.0.1", "/millis")
OWN_PAGE = "http://127.0.0.1:8000"


def soon() -> float:
    return SystemClock().unix_s() + 300


class Desk:
    """An admission with one account, one agent and as many keys as wanted."""

    def __init__(self, stores: SqliteStores) -> None:
        self.stores = stores
        self.fetched: list[PrefetchRequest] = []
        self.known: Prefetched | None = None
        stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, SECRET))
        config = {"first_message": "Hi {userName}.", "prompt": "P", "signed_metadata": ["tier"]}
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT, "Desk", config, 0.0))
        self.admission = Admission(
            stores.accounts,
            stores.agents,
            stores.call_log,
            stores.used_tokens,
            self,
            SystemClock(),
            frozenset({OWN_PAGE}),
            EarlierCalls(stores.calls, stores.checkpoints, SystemClock()),
            reports=SealedReports(stores.outbox, lambda: ("k" * 32,)),
        )

    async def fetch(self, request: PrefetchRequest) -> Prefetched:
        """The customer's server."""
        self.fetched.append(request)
        if self.known is None:
            raise RequestFailed("no reply within 3 s")
        return self.known

    def key(self, policy: KeyPolicy | None = None, kind: KeyKind = KeyKind.PUBLIC) -> str:
        key = new_key()
        self.stores.accounts.put_key(key_record(key, kind, ACCOUNT, "test", 0.0, policy))
        return key

    def admit(self, peer: Peer = HERE, **data: Any) -> Admitted:
        return asyncio.run(self.admission.admit(Initiate.model_validate(data), peer))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with SqliteStores(tmp_path / "db", SystemClock()) as stores:
        yield Desk(stores)


def test_a_stored_agent_is_personalised(desk: Desk) -> None:
    admitted = desk.admit(public_key=desk.key(), agent={"agent_id": "-a"}, metadata={"userName": "Ann"})
    assert admitted.plan.first_message == "Hi Ann."
    assert str(admitted.plan.call_id) == str(admitted.plan.session_id)
    assert admitted.plan.max_duration_s == 1800


def test_a_disabled_agent_takes_no_call_until_it_is_active_again(desk: Desk) -> None:
    key = desk.key()
    for status in (AgentStatus.DISABLED, AgentStatus.ACTIVE):
        desk.stores.agents.change_agent(ACCOUNT, AgentId("-a"), partial(replace, status=status))
        if status is AgentStatus.DISABLED:
            with pytest.raises(NotAllowed, match="agent -a is disabled"):
                desk.admit(public_key=key, agent={"agent_id": "-a"})
    assert desk.admit(public_key=key, agent={"agent_id": "-a"}).plan.agent_id == "-a"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, Unauthenticated),
        ({"public_key": "unknown"}, Unauthenticated),
        ({"public_key": "KEY"}, InvalidInput),
        ({"public_key": "KEY", "call_id": "c1"}, NotFound),
        ({"public_key": "KEY", "agent": {"agent_id": "-b"}}, NotFound),
        ({"public_key": "KEY", "agent": {"agent_id": "-a", "agent_config": {"prompt": "Q"}}}, NotAllowed),
        ({"public_key": "KEY", "agent": {"agent_config": {"prompt": "Q"}}}, NotAllowed),
        ({"public_key": "KEY", "agent": {"agent_id": "-a"}, "metadata": {"tier": "gold"}}, NotAllowed),
        ({"public_key": "KEY", "agent": {"agent_id": "-a"}, "token": "nonsense"}, Unauthenticated),
    ],
)
def test_refusals(desk: Desk, data: dict[str, Any], error: type[Exception]) -> None:
    if data.get("public_key") == "KEY":
        data = {**data, "public_key": desk.key()}
    with pytest.raises(error):
        desk.admit(**data)


def test_a_private_key_opens_no_session(desk: Desk) -> None:
    with pytest.raises(Unauthenticated):
        desk.admit(public_key=desk.key(kind=KeyKind.PRIVATE), agent={"agent_id": "-a"})


def test_a_key_for_this_machine_is_refused_elsewhere_and_behind_a_proxy(desk: Desk) -> None:
    key = desk.key(KeyPolicy(overrides=Overrides.ALL, loopback_only=True))
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "127.8.8.8"):
        here = Peer(host, "/millis")
        assert desk.admit(here, public_key=key, agent={"agent_config": {"prompt": "Q"}}).plan.agent_id is None
    for peer in (Peer("10.0.0.1", "/millis"), Peer("", "/millis"), Peer("127.0.0.1", "/millis", forwarded=True)):
        with pytest.raises(NotAllowed, match="loopback_only"):
            desk.admit(peer, public_key=key, agent={"agent_id": "-a"})


def test_origins_are_checked_and_our_own_pages_always_allowed(desk: Desk) -> None:
    key = desk.key(KeyPolicy(origins=("https://shop.example",)))
    for origin in ("https://shop.example", OWN_PAGE):
        desk.admit(Peer("9.9.9.9", "/millis", origin), public_key=key, agent={"agent_id": "-a"})
    for origin in ("https://other.example", "null"):
        with pytest.raises(NotAllowed, match="origin"):
            desk.admit(Peer("9.9.9.9", "/millis", origin), public_key=key, agent={"agent_id": "-a"})


def test_a_token_vouches_for_metadata(desk: Desk) -> None:
    token = sign(SignedMetadata({"tier": "gold", "userName": "Ann"}, AgentId("-a"), soon()), SECRET)
    visitor = {"tier": "lead", "userName": "Eve", "page": "home"}
    plan = desk.admit(public_key=desk.key(), agent={"agent_id": "-a"}, metadata=visitor, token=token).plan
    assert plan.metadata == {"tier": "gold", "userName": "Ann", "page": "home"}
    assert plan.visitor_names == {"page"}


def test_a_single_use_token_is_used_up_by_a_session_and_not_by_a_refusal(desk: Desk) -> None:
    token = sign(SignedMetadata({}, AgentId("-a"), soon(), token_id="once"), SECRET)
    refused = {"agent_id": "-a", "agent_config": {"prompt": "Q"}}
    with pytest.raises(NotAllowed, match="overrides"):
        desk.admit(public_key=desk.key(), agent=refused, token=token)
    desk.admit(public_key=desk.key(), agent={"agent_id": "-a"}, token=token)
    with pytest.raises(NotAllowed):
        desk.admit(public_key=desk.key(), agent={"agent_id": "-a"}, token=token)


def registered(desk: Desk, agent_id: str | None = "-a", age_s: float = 0.0, **wanted: Any) -> Call:
    agent = desk.stores.agents.get_agent(ACCOUNT, AgentId(agent_id)) if agent_id else None
    call = register(ACCOUNT, Registration(agent, **wanted), SystemClock().unix_s() - age_s)
    desk.stores.calls.begin_call(call)
    return call


def test_a_registered_call_brings_its_agent_metadata_and_numbers(desk: Desk) -> None:
    call = registered(
        desk,
        agent_config={"first_message": "Hi {userName} at {ToPhone}."},
        metadata={"userName": "Ann", "tier": "gold"},
        include_metadata_in_prompt=True,
        from_phone="+1555",
        to_phone="+1666",
    )
    visitor = {"userName": "Eve", "page": "home"}
    plan = desk.admit(public_key=desk.key(), call_id=call.call_id, metadata=visitor).plan
    assert (plan.session_id, plan.call_id, plan.agent_id) == (call.session_id, call.call_id, "-a")
    assert plan.first_message == "Hi Ann at +1666."
    assert plan.metadata == {"userName": "Ann", "tier": "gold", "page": "home"}
    assert plan.visitor_names == {"page"}
    assert plan.voip == {"from": "+1555", "to": "+1666"}
    assert '"tier":"gold"' in plan.system_prompt


def test_a_private_registered_call_begins_with_the_metadata_that_no_row_holds(desk: Desk) -> None:
    private = {"privacy_settings": {"opt_out_data_collection": True}, "first_message": "Hi {userName}."}
    wanted = Registration(None, private, {"userName": "Ann"})
    call = register(ACCOUNT, wanted, SystemClock().unix_s())
    assert desk.admission.reports is not None
    register_call(call, desk.stores.calls, desk.admission.reports)
    assert dict(desk.stores.calls.get_call(ACCOUNT, call.session_id).metadata) == {}
    admitted = desk.admit(public_key=desk.key(), agent={}, call_id=call.call_id)
    assert admitted.plan.first_message == "Hi Ann."


def test_a_registered_temporary_agent_needs_no_permission_of_the_key(desk: Desk) -> None:
    call = registered(desk, None, agent_config={"prompt": "Q"})
    narrow = desk.key(KeyPolicy(agents=(AgentId("-a"),), overrides=Overrides.NONE))
    assert desk.admit(public_key=narrow, call_id=call.call_id).plan.config.prompt == "Q"
    with pytest.raises(NotAllowed, match="overrides"):
        desk.admit(public_key=narrow, call_id=call.call_id, agent={"agent_config": {"prompt": "R"}})


def test_the_policy_goes_on_to_limit_agents_and_the_visitors_override(desk: Desk) -> None:
    call = registered(desk)
    with pytest.raises(NotAllowed, match="policy agents"):
        desk.admit(public_key=desk.key(KeyPolicy(agents=())), call_id=call.call_id)
    with pytest.raises(NotAllowed, match="overrides"):
        desk.admit(public_key=desk.key(), call_id=call.call_id, agent={"agent_config": {"prompt": "R"}})
    with pytest.raises(InvalidInput, match="agent_id"):
        desk.admit(public_key=desk.key(), call_id=call.call_id, agent={"agent_id": "-b"})
    desk.admit(public_key=desk.key(), call_id=call.call_id, agent={"agent_id": "-a"})


def test_a_call_that_is_not_waiting_cannot_be_started(desk: Desk) -> None:
    key = desk.key()
    begun, old, disabled = registered(desk), registered(desk, age_s=REGISTRATION_S + 1), registered(desk)
    desk.stores.calls.begin_call(replace(begun, status=CallStatus.IN_PROGRESS))
    with pytest.raises(Conflict, match="has begun already"):
        desk.admit(public_key=key, call_id=begun.call_id)
    with pytest.raises(Conflict, match="not started in time"):
        desk.admit(public_key=key, call_id=old.call_id)
    desk.stores.agents.change_agent(ACCOUNT, AgentId("-a"), partial(replace, status=AgentStatus.DISABLED))
    with pytest.raises(NotAllowed, match="disabled"):
        desk.admit(public_key=key, call_id=disabled.call_id)


def test_another_accounts_call_does_not_exist(desk: Desk) -> None:
    call = registered(desk)
    other, key = AccountId("acc_2"), new_key()
    desk.stores.accounts.put_account(Account(other, "Bob's", 0.0, SECRET))
    desk.stores.accounts.put_key(key_record(key, KeyKind.PUBLIC, other, "test", 0.0))
    with pytest.raises(NotFound):
        desk.admit(public_key=key, call_id=call.call_id)


def test_a_token_adds_to_a_registered_call(desk: Desk) -> None:
    call = registered(desk, metadata={"userName": "Ann"})
    token = sign(SignedMetadata({"tier": "gold"}, AgentId("-a"), soon()), SECRET)
    plan = desk.admit(public_key=desk.key(), call_id=call.call_id, token=token).plan
    assert plan.metadata == {"userName": "Ann", "tier": "gold"}


def test_what_the_customers_server_knows_is_in_the_greeting(desk: Desk) -> None:
    config = {"first_message": "Hi {userName}, {tier}.", "extra_prompt_webhook": "https://crm.example/{userName}"}
    desk.stores.agents.put_agent(Agent(AgentId("-p"), ACCOUNT, "Desk", config, 0.0))
    desk.known = Prefetched({"tier": "gold"}, "Be quick.")
    plan = desk.admit(public_key=desk.key(), agent={"agent_id": "-p"}, metadata={"userName": "Ann"}).plan
    assert desk.fetched[0].url.startswith("https://crm.example/Ann?agent_id=-p&session_id=")
    assert plan.first_message == "Hi Ann, gold."
    assert "Be quick." in plan.system_prompt
    assert plan.notes == ()


def test_a_prefetch_that_fails_leaves_the_call_as_it_was_and_says_so(desk: Desk) -> None:
    config = {"first_message": "Hi {userName}, {tier}.", "extra_prompt_webhook": {"url": "https://crm.example/"}}
    desk.stores.agents.put_agent(Agent(AgentId("-p"), ACCOUNT, "Desk", config, 0.0))
    plan = desk.admit(public_key=desk.key(), agent={"agent_id": "-p"}, metadata={"userName": "Ann"}).plan
    assert plan.first_message == "Hi Ann, {tier}."
    assert plan.notes == ("extra_prompt_webhook gave nothing: no reply within 3 s",)


def test_too_many_calls_of_one_address_are_refused_before_anything_is_looked_up(desk: Desk) -> None:
    abroad = Peer("192.0.2.1", "/millis")
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            desk.admit(abroad, public_key="guess")
    with pytest.raises(LimitExceeded, match="your address allows 20 calls at once and 20 a minute"):
        desk.admit(abroad, public_key=desk.key())


# --- session_continuation ---------------------------------------------------------------------------

CHAT = [{"role": "assistant", "content": "Hi."}, {"role": "user", "content": "My name is Ann."}]
IGNORED_CONTINUATION = "session_continuation was ignored: there is no such session that may be continued here"


def earlier_call(desk: Desk, key: str, **changes: Any) -> str:
    """A web session that was begun with this key and has ended; its id."""
    call = register(ACCOUNT, Registration(desk.stores.agents.get_agent(ACCOUNT, AgentId("-a"))), SystemClock().unix_s())
    begun = replace(call, status=CallStatus.IN_PROGRESS, opened_by=hash_key(key)[:16], **changes)
    desk.stores.calls.begin_call(begun)
    desk.stores.calls.finish_call(replace(begun, status=CallStatus.USER_ENDED, chat=CHAT, duration_s=0))
    return begun.session_id


def continuing(session_id: str, *, resume: bool = False) -> dict[str, Any]:
    return {"agent": {"agent_id": "-a"}, "session_continuation": {"session_id": session_id, "resume": resume}}


def test_a_key_continues_its_own_session_and_the_agent_knows_it(desk: Desk) -> None:
    key = desk.key()
    before = earlier_call(desk, key)
    plan = desk.admit(public_key=key, **continuing(before)).plan
    assert plan.continued is not None
    assert (plan.continued.session_id, plan.continued.resumed) == (before, False)
    assert "User: My name is Ann." in plan.system_prompt
    assert plan.notes == ()


def test_a_connection_that_was_lost_is_resumed(desk: Desk) -> None:
    key = desk.key()
    plan = desk.admit(public_key=key, **continuing(earlier_call(desk, key), resume=True)).plan
    assert plan.continued is not None
    assert plan.continued.resumed
    assert "My name is Ann" not in plan.system_prompt, "it stands in the conversation itself"


def test_what_may_not_be_continued_is_begun_anew_and_nothing_tells_why(desk: Desk) -> None:
    key = desk.key()
    foreign = earlier_call(desk, desk.key())
    by_phone = earlier_call(desk, key, voip={"from": "+15551230000", "to": None})
    plans = [desk.admit(public_key=key, **continuing(wanted)).plan for wanted in (foreign, by_phone, "unknown")]
    assert {(plan.continued, plan.notes) for plan in plans} == {(None, (IGNORED_CONTINUATION,))}


def test_without_a_session_id_nothing_is_wanted(desk: Desk) -> None:
    plan = desk.admit(public_key=desk.key(), agent={"agent_id": "-a"}, session_continuation={}).plan
    assert (plan.continued, plan.notes) == (None, ())


def test_an_agent_that_keeps_no_data_continues_nothing(desk: Desk) -> None:
    key = desk.key(KeyPolicy(overrides=Overrides.ALL))
    wanted = continuing(earlier_call(desk, key))
    wanted["agent"]["agent_config"] = {"privacy_settings": {"opt_out_data_collection": True}}
    plan = desk.admit(public_key=key, **wanted).plan
    assert (plan.continued, plan.notes) == (None, ("session_continuation was ignored: the agent keeps no data",))


def test_the_back_end_may_have_a_call_by_phone_continued(desk: Desk) -> None:
    key = desk.key()
    by_phone = SessionId(earlier_call(desk, key, voip={"from": "+15551230000", "to": None}))
    agent = desk.stores.agents.get_agent(ACCOUNT, AgentId("-a"))
    call = register(ACCOUNT, Registration(agent, continues=by_phone), SystemClock().unix_s())
    desk.stores.calls.begin_call(call)
    plan = desk.admit(public_key=key, call_id=call.call_id).plan
    assert plan.continued is not None
    assert plan.continued.session_id == by_phone
