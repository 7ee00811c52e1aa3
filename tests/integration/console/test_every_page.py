"""What holds for every page: whatever customers write stays text, and no form is believed that is not ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from callcore.agents.agent import Agent
from callcore.calls.call import CallStatus
from callcore.campaigns.campaign import CampaignRecord
from callcore.ids import AgentId
from callcore.phones.phone import PhoneNumber
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Form, Page, forms_of

EVIL = "</textarea></script><img src=x onerror=alert(1)>\"' onfocus=alert(2) x=`<svg/onload=alert(3)>{{91*91}}${91*91}"
LINK = "javascript:alert(4)//"


def hostile() -> dict[str, Any]:
    """A configuration whose every text is an attack."""
    tool = {
        "name": EVIL,
        "description": EVIL,
        "webhook": LINK,
        "headers": {EVIL: EVIL},
        "messages": [EVIL],
        "response_mode": EVIL,
        "params": [{"name": EVIL, "type": EVIL, "description": EVIL}],
    }
    return {
        "prompt": EVIL + "{userName}",
        "first_message": EVIL,
        "language": EVIL,
        "timezone": EVIL,
        "llm": {"provider": EVIL, "model": EVIL, "script": {"fallback": EVIL}},
        "voice": {"provider": EVIL, "voice_id": EVIL, "settings": {EVIL: EVIL}, "fallback": {"voice_id": EVIL}},
        "speech_to_text": {"provider": EVIL, "model": EVIL},
        "default_metadata": {"userName": EVIL, EVIL[:60]: EVIL},
        "signed_metadata": [EVIL],
        "session_data_webhook": {"url": LINK, "headers": {EVIL: EVIL}},
        "extra_prompt_webhook": {"url": LINK},
        "flow": {
            "voicemail": {"action": EVIL, "message": EVIL, "detection_phrases": [EVIL]},
            "call_transfer": {"phone": EVIL, "messages": [EVIL], "phones": [{"phone": EVIL, "description": EVIL}]},
            "inactivity_handling": {"message": EVIL},
        },
        "tools": [tool, {**tool, "type": "web_form"}],
        "knowledge_base": {"files": [EVIL, rows.knowledge_file().file_id], "messages": [EVIL]},
        EVIL: EVIL,
    }


@pytest.fixture
def whole(ann: Browser, stores: SqliteStores, clock: ManualClock) -> Browser:
    """Ann's console, in which every text is an attack."""
    embed = {"titles": {"idle": EVIL}, "buttonCss": EVIL, "attributes": {"theme": EVIL, "consent-text": EVIL}}
    agent = Agent(AgentId("-Evil"), rows.ANN, EVIL[:200], {"prompt": "before"}, clock.now_s, embed=embed)
    stores.agents.put_agent(agent)
    call = replace(
        rows.ended_call(),
        metadata={EVIL[:60]: EVIL},
        chat=[{"role": "user", "content": EVIL}, {"role": "assistant", "content": EVIL}],
        function_calls=({"name": EVIL, "params": {EVIL: EVIL}, "result": EVIL, "run_after_call": False},),
        voip={"from": EVIL, "to": EVIL},
        error_message=EVIL,
        agent_id=agent.agent_id,
        agent_config=hostile(),
        started_at=clock.now_s - 100,
    )
    stores.calls.begin_call(replace(call, status=CallStatus.IN_PROGRESS, chat=None, duration_s=None))
    stores.calls.finish_call(call)
    stores.agents.put_agent(replace(agent, config=hostile()))
    campaign = replace(rows.campaign(), name=EVIL, error_message=EVIL, approval=EVIL, approval_reason=EVIL)
    stores.campaigns.change_campaign(rows.ANN, campaign.campaign_id, lambda _: campaign)
    record = CampaignRecord(PhoneNumber("+15550001"), {EVIL[:60]: EVIL, "deep": {EVIL: [EVIL]}})
    stores.campaign_records.put_records(rows.ANN, campaign.campaign_id, [record])
    stores.knowledge.put_file(replace(rows.knowledge_file(), name=EVIL, description=EVIL))
    account = replace(stores.accounts.get_account(rows.ANN), name=EVIL)
    stores.accounts.put_account(account)
    ann.open("/sign-in")
    return ann


FOR_FORMS = (
    *("/sign-out", "/end", "/delete", "/duplicate", "/status", "/save", "/say", "/restore"),
    *("/start", "/stop"),
)


@dataclass
class Markup(HTMLParser):
    """What a browser would act on."""

    acts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "base", "style") or (tag == "script" and not given.get("src")):
            self.acts.append(f"<{tag}>")
        self.acts += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction"):
            target = urlsplit(given.get(name) or "")
            if target.scheme not in ("", "http", "https") or (target.netloc and target.netloc != "localhost:8000"):
                self.acts.append(f"{tag} {name}={given[name]}")


def every_page(browser: Browser) -> Iterator[Page]:
    """Every page that another leads to."""
    waiting = ["/console/agents"]
    seen = set(waiting)
    while waiting:
        path = waiting.pop(0)
        page = browser.open(path.removeprefix("/console"))
        yield page
        for found in sorted(page.paths() - seen):
            seen.add(found)
            # Those of forms are not for looking.
            if not found.endswith(FOR_FORMS):
                waiting.append(found)


def test_what_customers_write_stays_text_on_every_page(whole: Browser) -> None:
    pages = 0
    for page in every_page(whole):
        if not page.response.headers["content-type"].startswith("text/html"):
            continue
        pages += 1
        markup = Markup()
        markup.feed(page.html)
        assert markup.acts == [], page.path
        assert "8281" not in page.html, page.path
        assert page.status in (200, 404, 405), page.path
    assert pages >= 20


def test_no_form_of_any_page_is_believed_without_its_proof(whole: Browser, stores: SqliteStores) -> None:
    forms: dict[str, Form] = {}
    for page in every_page(whole):
        if page.response.headers["content-type"].startswith("text/html"):
            forms |= {form.action: form for form in forms_of(page.html) if form.method == "post"}
    assert len(forms) >= 15
    before = list(stores.agents.list_agents(rows.ANN)), list(stores.credentials.list_keys(rows.ANN))
    for action, form in forms.items():
        assert any(name == "proof" for name, _ in form.fields), action
        without = [(name, value) for name, value in form.fields if name != "proof"]
        for proof in ([], [("proof", "x" * 43)]):
            assert whole.post(action, [*without, *proof]).status == 403, action
    assert (list(stores.agents.list_agents(rows.ANN)), list(stores.credentials.list_keys(rows.ANN))) == before
    assert stores.signed_in.list_sessions(rows.ANN)
