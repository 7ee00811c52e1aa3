"""Functions are made, changed and tried; webhooks are tested."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from starlette.testclient import TestClient

from callauth.console import one_time_code
from callcore.agents.agent import Agent
from callcore.ids import AgentId
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from playground.app import create_app
from playground.trials import SESSION
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Page
from tests.integration.console.conftest import LINK_SECRET, console_for

TOOL: dict[str, Any] = {
    "name": "book",
    "description": "Books a table.",
    "webhook": "https://example.com/book",
    "headers": {"Authorization": "secret of the shop"},
    "params": [{"name": "party", "type": "number", "description": "How many", "required": True, "own": 1}],
    "unknown": [1],
}
FORM: dict[str, Any] = {
    "name": "leave_number",
    "type": "web_form",
    "description": "Where may we call you, {userName}?",
    "params": [
        {"name": "phone", "type": "string", "description": "Your number", "required": True},
        {"name": "count", "type": "number", "description": "How often"},
    ],
}
CONFIG: dict[str, Any] = {
    "prompt": "P",
    "tools": [TOOL],
    "millis_functions": [FORM],
    "default_metadata": {"userName": "Ann"},
}
PATH = "/agents/-Desk/configure"


@dataclass
class Shop:
    """A customer's server: keeps what it is asked, and answers what it is told to."""

    url: str
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    answer: tuple[int, str] = (200, '{"ok": true}')


@pytest.fixture
def shop() -> Iterator[Shop]:
    requests: list[tuple[str, str, dict[str, str], str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            requests.append((self.command, self.path, headers, body))
            status, text = opened.answer
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    opened = Shop(f"http://127.0.0.1:{server.server_port}", requests)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield opened
    server.shutdown()
    server.server_close()


def keep(stores: SqliteStores, **changes: Any) -> None:
    stores.agents.put_agent(Agent(AgentId("-Desk"), rows.ANN, "Front desk", {**CONFIG, **changes}, 1_799_000_000.0))


@pytest.fixture(autouse=True)
def desk(stores: SqliteStores) -> None:
    keep(stores)


@pytest.fixture
def at_home(stores: SqliteStores, blobs: FilesBlobStore, clock: ManualClock) -> Iterator[Browser]:
    """Ann, on an installation that may ask private addresses."""
    console = replace(console_for(stores, blobs, clock), allow_private_urls=True)
    opened = TestClient(create_app(console), base_url="http://localhost:8000", client=("127.0.0.1", 50000))
    with opened as client:
        browser = Browser(client)
        browser.open(f"/sign-in/link?code={one_time_code(LINK_SECRET, clock.now_s)}")
        yield browser


def config(stores: SqliteStores) -> Any:
    return stores.agents.get_agent(rows.ANN, AgentId("-Desk")).config


def saved(browser: Browser, place: str, **entered: Any) -> Page:
    action = f"{PATH}/functions/{place}"
    review = browser.send(browser.open(action), action, **entered)
    assert review.status == 200, review.text
    return browser.send(review, "/agents/-Desk/save")


def test_functions_of_both_lists_are_listed(ann: Browser) -> None:
    page = ann.open(f"{PATH}/functions")
    assert {f"/console{PATH}/functions/{place}" for place in ("tools-0", "millis_functions-0")} <= page.paths()


def test_a_function_that_is_sent_as_it_was_shown_is_not_changed(ann: Browser, stores: SqliteStores) -> None:
    for place in ("tools-0", "millis_functions-0"):
        action = f"{PATH}/functions/{place}"
        assert "Nothing changes" in ann.send(ann.open(action), action).text


def test_a_function_is_changed_and_keeps_what_is_not_shown(ann: Browser, stores: SqliteStores) -> None:
    entered = {"param-0-description": "How many guests", "param-1-name": "time", "timeout": "8"}
    saved(ann, "tools-0", **entered)
    (tool,) = config(stores)["tools"]
    assert (tool["unknown"], tool["headers"], tool["timeout"]) == ([1], TOOL["headers"], 8)
    assert tool["params"] == [
        {**TOOL["params"][0], "description": "How many guests"},
        {"name": "time", "type": "string", "description": "", "required": False},
    ]


def test_a_function_is_added_and_taken_away(ann: Browser, stores: SqliteStores) -> None:
    saved(ann, "new", name="greet", description="Greets.", **{"param-0-name": "who"})
    assert [tool["name"] for tool in config(stores)["tools"]] == ["book", "greet"]
    page = ann.open(f"{PATH}/functions/tools-0")
    ann.send(ann.send(page, f"{PATH}/functions/tools-0/delete"), "/agents/-Desk/save")
    assert [tool["name"] for tool in config(stores)["tools"]] == ["greet"]
    assert ann.open(f"{PATH}/functions/tools-9").status == 404
    assert ann.open(f"{PATH}/functions/nonsense").status == 404


def test_more_rows_are_given_without_a_loss(ann: Browser) -> None:
    action = f"{PATH}/functions/new"
    page = ann.send(ann.open(action), action, action="rows", name="half done", **{"param-0-name": "first"})
    fields = dict(page.form(action).fields)
    assert (fields["name"], fields["param-0-name"]) == ("half done", "first")
    assert "param-3-name" in fields


@pytest.mark.parametrize(
    ("entered", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": "-1"}, "timeout"),
        ({"header": "no colon"}, "header"),
        ({"param-1-description": "nameless"}, "params"),
        ({"param-1-name": "party"}, "params"),
    ],
)
def test_a_mistake_is_told_at_its_place(
    ann: Browser, stores: SqliteStores, entered: dict[str, str], wrong: str
) -> None:
    action = f"{PATH}/functions/tools-0"
    page = ann.send(ann.open(action), action, **entered)
    assert (page.status, f'id="{wrong}-wrong"' in page.html) == (422, True)
    assert config(stores) == CONFIG


def test_a_function_that_the_model_is_not_offered_is_told(ann: Browser, stores: SqliteStores) -> None:
    keep(stores, tools=[TOOL | {"name": "two words"}])
    assert "is not offered: its name is not a letter" in ann.open(f"{PATH}/functions").text


def test_a_function_is_tried(at_home: Browser, stores: SqliteStores, shop: Shop) -> None:
    keep(stores, tools=[TOOL | {"webhook": f"{shop.url}/book/{{userName}}"}])
    action = f"{PATH}/functions/tools-0/try"
    page = at_home.send(at_home.open(action), action, **{"argument.party": "2"})
    assert "{&#34;ok&#34;: true}" in page.html
    assert "secret of the shop" not in page.html, "names of headers are shown, not what they hold"
    ((method, path, headers, _),) = shop.requests
    assert (method, path) == ("GET", f"/book/Ann?session_id={SESSION}&party=2")
    assert headers["authorization"] == "secret of the shop"
    shop.answer = (500, "<script>alert(1)</script>")
    page = at_home.send(at_home.open(action), action, **{"argument.party": "2"})
    assert "500" in page.text
    assert "<script>alert" not in page.html
    assert "must be a number" in at_home.send(at_home.open(action), action, **{"argument.party": "two"}).text.lower()
    assert "is required" in at_home.send(at_home.open(action), action).text.lower()
    assert len(shop.requests) == 2


def test_private_addresses_are_refused_and_trials_are_counted(ann: Browser, stores: SqliteStores, shop: Shop) -> None:
    keep(stores, tools=[TOOL | {"webhook": f"{shop.url.replace('http:', 'https:')}/book"}])
    action = f"{PATH}/functions/tools-0/try"
    page = ann.open(action)
    assert "not public" in ann.send(page, action, **{"argument.party": "2"}).text
    assert not shop.requests
    for _ in range(9):
        ann.send(page, action, **{"argument.party": "2"})
    assert ann.send(page, action, **{"argument.party": "2"}).status == 429


def test_a_web_form_is_filled_in_as_its_visitor_would(ann: Browser) -> None:
    action = f"{PATH}/functions/millis_functions-0/try"
    page = ann.open(action)
    assert "Where may we call you, Ann?" in page.text
    page = ann.send(page, action, **{"argument.phone": "555", "argument.count": "3"})
    assert "{&#34;phone&#34;:&#34;555&#34;,&#34;count&#34;:3}" in page.html
    assert "is required" in ann.send(ann.open(action), action).text


def test_the_webhook_after_a_call_is_told_of_a_signed_test(at_home: Browser, stores: SqliteStores, shop: Shop) -> None:
    stores.credentials.change_webhook_secrets(rows.ANN, lambda _: ("whsec_" + "c2VjcmV0" * 4,))
    keep(stores, session_data_webhook={"url": f"{shop.url}/end", "headers": {"X-Own": "1"}})
    page = at_home.send(at_home.open(f"{PATH}/webhooks"), f"{PATH}/webhooks/after/try")
    assert "200" in page.text
    ((method, path, headers, body),) = shop.requests
    told = json.loads(body)
    assert (method, path, told["session_id"], told["test"]) == ("POST", "/end", SESSION, True)
    assert json.loads(told["chat"])[0]["role"] == "assistant"
    assert {"webhook-id", "webhook-signature", "webhook-timestamp"} <= headers.keys()


def test_the_webhook_before_a_call_is_asked(at_home: Browser, stores: SqliteStores, shop: Shop) -> None:
    keep(stores, extra_prompt_webhook=f"{shop.url}/who")
    shop.answer = (200, '{"metadata": {"plan": "pro"}}')
    page = at_home.send(at_home.open(f"{PATH}/webhooks"), f"{PATH}/webhooks/before/try")
    assert "pro" in page.text
    ((method, path, _, _),) = shop.requests
    assert method == "GET"
    assert "userName=Ann" in path


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_webhook_that_is_not_configured_is_told(ann: Browser, which: str) -> None:
    page = ann.send(ann.open(f"{PATH}/webhooks"), f"{PATH}/webhooks/{which}/try")
    assert "There is no webhook" in page.text
