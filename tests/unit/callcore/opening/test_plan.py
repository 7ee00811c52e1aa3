from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.transcript import STILL_RUNNING
from callcore.errors import InvalidInput, NotAllowed
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.opening.continuation import Continued
from callcore.opening.plan import (
    DEFAULT_MAX_DURATION_S,
    OpeningRequest,
    Prefetched,
    SessionPlan,
    begin_opening,
    finish_opening,
    parse_prefetched,
)
from callcore.tools.tool_call import ToolCall

PREFETCHING = {"extra_prompt_webhook": {"url": "https://x.org/p?caller={FromPhone}", "headers": {"a": "b"}}}


def asked(config: dict[str, Any] | None = None, **fields: Any) -> OpeningRequest:
    known: dict[str, Any] = {
        "session_id": SessionId("s-1"),
        "account_id": AccountId("acc_1"),
        "agent_id": AgentId("-OAgent"),
        "max_call_duration_s": 3600,
        "stored_config": config or {},
    }
    return OpeningRequest(**(known | fields))


def plan_of(request: OpeningRequest, prefetched: Prefetched | None = None) -> SessionPlan:
    return finish_opening(begin_opening(request), prefetched)


def test_a_plain_web_call() -> None:
    config = {"prompt": "Help {userName}.", "first_message": "Hi {userName}, {unknown}!", "language": ""}
    plan = plan_of(asked(config, metadata={"userName": "Ann"}))
    assert plan.session_id == "s-1"
    assert plan.call_id == CallId(plan.session_id)
    assert plan.account_id == "acc_1"
    assert plan.agent_id == "-OAgent"
    assert plan.system_prompt == "Help Ann."
    assert plan.first_message == "Hi Ann, {unknown}!"
    assert plan.language == "en"
    assert plan.max_duration_s == DEFAULT_MAX_DURATION_S
    assert plan.metadata == {"userName": "Ann"}
    assert plan.variables == {"userName": "Ann", "session_id": "s-1", "agent_id": "-OAgent"}
    assert plan.raw_config == config
    assert plan.visitor_names == {"userName"}
    assert plan.script is None
    assert plan.notes == ()


def test_overrides_apply_in_their_order_and_by_top_level_key() -> None:
    request = asked(
        {"prompt": "stored", "voice": {"voice_id": "a", "model": "m"}, "language": "en", "calendar_ids": [1]},
        phone_override={"prompt": "phone", "language": "de"},
        session_override={"prompt": "session", "voice": {"voice_id": "b"}, "language": None},
    )
    opening = begin_opening(request)
    assert opening.raw_config == {
        "prompt": "session",
        "voice": {"voice_id": "b"},
        "language": "de",
        "calendar_ids": [1],
    }
    assert opening.config.voice.model is None


def test_a_temporary_agent_has_no_id() -> None:
    plan = plan_of(asked(agent_id=None, stored_config=None, session_override={"prompt": "p"}))
    assert plan.agent_id is None
    assert "agent_id" not in plan.variables
    assert plan.system_prompt == "p"


@pytest.mark.parametrize(
    ("metadata", "greeting"),
    [({}, "Hi there!"), ({"userName": "Ann"}, "Hi Ann!"), ({"userName": ""}, "Hi !")],
)
def test_default_metadata_fills_what_the_session_does_not_bring(metadata: dict[str, str], greeting: str) -> None:
    config = {"first_message": "Hi {userName}!", "default_metadata": {"userName": "there"}}
    assert plan_of(asked(config, metadata=metadata)).first_message == greeting


def test_later_sources_of_metadata_win_and_the_system_wins_over_all() -> None:
    request = asked(
        {"default_metadata": {"a": "default", "b": "default", "c": "default", "d": "default", "session_id": "x"}},
        metadata={"b": "visitor", "c": "visitor", "d": "visitor", "FromPhone": "+1666"},
        signed_metadata={"d": "signed", "agent_id": "x"},
    )
    plan = plan_of(request, Prefetched(metadata={"c": "fetched", "d": "fetched", "ToPhone": "+1777"}))
    assert plan.metadata == {"a": "default", "b": "visitor", "c": "fetched", "d": "signed"}
    assert plan.visitor_names == {"b"}, "the rest has another source by now"
    assert plan.variables["session_id"] == "s-1"
    assert "FromPhone" not in plan.variables
    assert "ToPhone" not in plan.variables


def test_phones_of_a_phone_call_are_variables() -> None:
    plan = plan_of(
        asked({"prompt": "{FromPhone} {ToPhone}"}, from_phone="+1555", to_phone="+1666", call_id=CallId("c"))
    )
    assert plan.system_prompt == "+1555 +1666"
    assert plan.call_id == "c"


@pytest.mark.parametrize(
    ("fields", "is_refused"),
    [
        ({"metadata": {"plan": "pro"}}, True),
        ({"metadata": {"plan": "pro"}, "signed_metadata": {}}, True),
        ({"metadata": {"plan": "pro"}, "signed_metadata": {"plan": "free"}}, False),
        ({"signed_metadata": {"plan": "free"}}, False),
        ({"metadata": {"other": "pro"}}, False),
    ],
)
def test_names_that_need_a_signature(fields: dict[str, Any], is_refused: bool) -> None:
    request = asked({"signed_metadata": ["plan"]}, **fields)
    if is_refused:
        with pytest.raises(NotAllowed, match=r"^metadata\.plan is believed only from a signed token$"):
            begin_opening(request)
    else:
        assert plan_of(request).metadata.get("plan") != "pro"


def test_metadata_over_a_limit_and_a_bad_override_are_refused() -> None:
    with pytest.raises(InvalidInput, match="metadata has more than 64 keys"):
        begin_opening(asked(metadata={f"a{n}": 1 for n in range(65)}))
    with pytest.raises(InvalidInput, match="metadata has more than 64 keys"):
        begin_opening(asked(metadata={f"a{n}": 1 for n in range(40)}, signed_metadata={f"b{n}": 1 for n in range(40)}))
    with pytest.raises(InvalidInput, match=r"^agent_config\.prompt"):
        begin_opening(asked(session_override={"prompt": []}))


@pytest.mark.parametrize(
    ("wanted", "cap", "planned"),
    [(None, 3600, 1800), (None, 600, 600), (60, 3600, 60), (3600000, 3600, 3600), (0, 3600, 1800)],
)
def test_duration_is_capped_by_the_account(wanted: float | None, cap: float, planned: float) -> None:
    config = {"session_timeout": {"max_duration": wanted}}
    assert plan_of(asked(config, max_call_duration_s=cap)).max_duration_s == planned


def test_the_prefetch_request_of_a_phone_call() -> None:
    request = asked(
        PREFETCHING,
        metadata={"name": "John Doe", "n": 1, "o": {"a": None}, "from": "fake", "session_id": "fake", "b": True},
        from_phone="+1234567890",
        to_phone="+0987654321",
    )
    prefetch = begin_opening(request).prefetch
    assert prefetch is not None
    assert prefetch.headers == {"a": "b"}
    url = urlsplit(prefetch.url)
    assert url._replace(query="").geturl() == "https://x.org/p"
    assert parse_qs(url.query) == {
        "caller": ["+1234567890"],
        "agent_id": ["-OAgent"],
        "session_id": ["s-1"],
        "from": ["+1234567890"],
        "to": ["+0987654321"],
        "name": ["John Doe"],
        "n": ["1"],
        "o": ['{"a":null}'],
        "b": ["true"],
    }


def test_the_prefetch_request_of_a_web_call_has_no_phones() -> None:
    prefetch = begin_opening(asked({"extra_prompt_webhook": "https://x.org#f"}, metadata={"to": "fake"})).prefetch
    assert prefetch is not None
    assert prefetch.url == "https://x.org?agent_id=-OAgent&session_id=s-1"


@pytest.mark.parametrize("url", ["https://{name}.x.org/", "blank", "mailto:a@x.org", "https:///p", "http://[x"])
def test_a_prefetch_that_cannot_be_made_never_fails_the_call(url: str) -> None:
    opening = begin_opening(asked({"extra_prompt_webhook": url}, metadata={"name": "Ann"}))
    assert opening.prefetch is None
    plan = finish_opening(opening, None)
    assert plan.notes[0].startswith("extra_prompt_webhook")
    assert url not in plan.notes[0]


def test_no_webhook_no_prefetch() -> None:
    assert begin_opening(asked()).prefetch is None


def test_what_was_fetched_reaches_greeting_and_prompt() -> None:
    config = {**PREFETCHING, "prompt": "Help {tier} caller.", "first_message": "Hi {tier} caller"}
    request = asked(config, include_metadata_in_prompt=True)
    plan = plan_of(request, Prefetched({"tier": "premium"}, "Offer {tier} things."))
    assert plan.first_message == "Hi premium caller"
    assert plan.system_prompt.startswith("Help premium caller.\n\nOffer {tier} things.\n\n")
    assert plan.system_prompt.endswith('\n{"tier":"premium"}')
    assert plan_of(request, None).first_message == "Hi {tier} caller"


def test_fetched_metadata_over_a_limit_is_ignored_with_a_note() -> None:
    plan = plan_of(asked(metadata={"a": "1"}), Prefetched({"b": "x" * 2001}, "extra"))
    assert plan.metadata == {"a": "1"}
    assert plan.system_prompt == "extra"
    assert plan.notes == ("prefetched metadata was ignored: metadata.b is longer than 2000 characters",)


@pytest.mark.parametrize(
    ("text", "prefetched"),
    [
        ('{"metadata":{"tier":"premium"},"extra_prompt":"e"}', Prefetched({"tier": "premium"}, "e")),
        ("{}", Prefetched()),
        ('{"message":"ok","status":200,"data":{}}', Prefetched()),
        ('{"metadata":[1],"extra_prompt":{"a":1}}', Prefetched()),
        ('{"metadata":null,"extra_prompt":null}', Prefetched()),
        ("[1]", Prefetched()),
        ("null", Prefetched()),
        ('"text"', Prefetched()),
    ],
)
def test_any_json_is_a_prefetch_reply(text: str, prefetched: Prefetched) -> None:
    assert parse_prefetched(text) == prefetched


def test_a_reply_that_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is not JSON"):
        parse_prefetched("<html>")


@pytest.mark.parametrize("first_message", [None, "", "  "])
def test_a_blank_greeting_is_none(first_message: str | None) -> None:
    assert plan_of(asked({"first_message": first_message})).first_message is None


def test_the_script_stays_unrendered() -> None:
    script = {"intents": [{"phrases": ["hello"], "answer": "Hello {userName}."}]}
    plan = plan_of(asked({"llm": {"provider": "script", "script": script}}, metadata={"userName": "Ann"}))
    assert plan.script is not None
    assert plan.script.intents[0].answer == "Hello {userName}."


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5), st.text(max_size=30))
def test_any_metadata_opens_or_is_refused(metadata: dict[str, str], prompt: str) -> None:
    request = asked({"prompt": prompt, **PREFETCHING}, metadata=metadata, include_metadata_in_prompt=True)
    try:
        plan = plan_of(request)
    except InvalidInput:
        return
    assert set(plan.metadata) == set(metadata) - {"FromPhone", "ToPhone", "session_id", "agent_id"}


@pytest.mark.parametrize(("shows_forms", "is_open"), [(True, True), (False, False)])
def test_a_client_that_shows_forms_gets_those_again_that_the_lost_session_left_open(
    shows_forms: bool, is_open: bool
) -> None:
    call = ToolCall("call_1_1", "get_email", "{}")
    chat = (
        {"role": "user", "content": "write to me"},
        {"role": "assistant", "content": "", "tool_calls": [call.to_message()]},
        {"role": "tool", "tool_call_id": "call_1_1", "name": "get_email", "content": STILL_RUNNING},
    )
    tools = [{"name": "get_email", "type": "web_form"}, {"name": "book"}]
    continued = Continued(SessionId("s0"), chat, resumed=True)
    plan = plan_of(asked({"tools": tools}, shows_forms=shows_forms, continued=continued))
    assert plan.continued is not None
    assert plan.continued.open_forms == ((call,) if is_open else ())
    assert plan.history == (chat[:1] if is_open else chat)
