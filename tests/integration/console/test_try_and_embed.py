"""Trying an agent in the page, and taking it to a site."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from callauth.keys import hash_key
from callauth.tokens import TokenUse, verify
from callcore.accounts.account import KeyPolicy
from callcore.agents.agent import Agent
from callcore.ids import AgentId
from callstore.sqlite.stores import SqliteStores
from playground.snippets import signing_snippets
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Page
from tests.peers.accounts import BOBS, PUBLIC
from widget_page.look import decode_look

CONFIG: dict[str, Any] = {
    "prompt": "You talk with {userName} about {topic}.",
    "first_message": "Hi {userName}",
    "default_metadata": {"userName": "there"},
}
PATH = "/agents/-Desk"


@pytest.fixture(autouse=True)
def desk(stores: SqliteStores) -> Agent:
    agent = Agent(AgentId("-Desk"), rows.ANN, "Front desk", CONFIG, 1_799_000_000.0)
    stores.agents.put_agent(agent)
    return agent


def key_in(page: Page) -> str:
    (key,) = re.findall(r'<parley-call [^>]*public-key="([^"]*)"', page.html)
    return str(key)


def snippet(page: Page, key: str) -> str:
    (text,) = re.findall(rf'<pre id="text-{key}"[^>]*>(.*?)</pre>', page.html, re.DOTALL)
    return unescape(text)


def test_the_page_calls_with_a_key_for_our_own_pages_alone(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open(f"{PATH}/try")
    key = key_in(page)
    record = stores.accounts.find_key(hash_key(key))
    assert record is not None
    assert (record.account_id, record.policy) == (rows.ANN, KeyPolicy(origins=()))
    assert key_in(ann.open(f"{PATH}/try")) == key, "there is one key, however often the page is opened"
    assert "connect-src 'self' ws://localhost:8080" in page.response.headers["content-security-policy"]


def test_a_revoked_key_of_the_console_is_replaced(ann: Browser, stores: SqliteStores) -> None:
    first = key_in(ann.open(f"{PATH}/try"))
    stores.credentials.revoke_key(rows.ANN, hash_key(first), 1.0)
    second = key_in(ann.open(f"{PATH}/try"))
    assert second != first
    record = stores.accounts.find_key(hash_key(second))
    assert record is not None
    assert record.revoked_at is None


def test_without_an_embed_secret_the_page_says_what_to_do(ann: Browser, stores: SqliteStores) -> None:
    stores.credentials.set_embed_secret(rows.ANN, "")
    page = ann.open(f"{PATH}/try")
    assert "embed secret" in page.text
    assert key_in(ann.send(page, f"{PATH}/try/secret"))
    assert len(stores.accounts.get_account(rows.ANN).embed_secret) >= 32


def test_the_values_that_the_agent_speaks_of_are_asked_for(ann: Browser) -> None:
    (text,) = re.findall(
        r'<textarea[^>]*id="metadata"[^>]*>\n(.*?)</textarea>', ann.open(f"{PATH}/try").html, re.DOTALL
    )
    assert text == "userName: there\ntopic:"


def test_a_new_embed_secret_is_shown_once_and_takes_the_consoles_key_with_it(
    ann: Browser, stores: SqliteStores
) -> None:
    before, key = stores.accounts.get_account(rows.ANN).embed_secret, key_in(ann.open(f"{PATH}/try"))
    page = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/secret")
    secret = stores.accounts.get_account(rows.ANN).embed_secret
    assert snippet(page, "secret") == secret != before
    assert secret not in ann.open(f"{PATH}/embed").html
    old = stores.accounts.find_key(hash_key(key))
    assert old is not None
    assert old.revoked_at is not None
    assert key_in(ann.open(f"{PATH}/try")) == key_in(page) != key


# --- embed ----------------------------------------------------------------------------------


def made(browser: Browser, origins: str = "") -> Page:
    return browser.send(browser.open(f"{PATH}/embed"), f"{PATH}/embed/key", origins=origins)


def test_a_snippet_holds_a_key_for_this_agent_on_these_sites(ann: Browser, stores: SqliteStores) -> None:
    page = made(ann, "https://WWW.example.com/\nhttp://localhost:3000")
    address = urlsplit(unescape(re.findall(r'src="([^"]+)"', snippet(page, "iframe"))[0]))
    query = parse_qs(address.query)
    assert (address.path, query["id"]) == ("/agents/embedded", ["-Desk"])
    record = stores.accounts.find_key(hash_key(query["k"][0]))
    assert record is not None
    assert record.policy == KeyPolicy(
        agents=(AgentId("-Desk"),), origins=("https://www.example.com", "http://localhost:3000")
    )
    for kind in ("script", "webflow"):
        assert f'data-public-key="{query["k"][0]}"' in snippet(page, kind)
    assert 'allow="microphone' in snippet(page, "iframe")
    again = ann.open(f"{PATH}/embed")
    assert query["k"][0] not in again.html, "it is shown once"


def test_a_form_that_is_sent_twice_makes_one_key(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open(f"{PATH}/embed")
    before = len(stores.credentials.list_keys(rows.ANN))
    assert ann.send(page, f"{PATH}/embed/key").status == 200
    assert ann.send(page, f"{PATH}/embed/key").status == 409
    assert len(stores.credentials.list_keys(rows.ANN)) == before + 1


@pytest.mark.parametrize(
    "origins", ["example.com", "https://a.example/path", "javascript:x", "https://a'; script-src *"]
)
def test_what_is_no_origin_makes_no_key(ann: Browser, stores: SqliteStores, origins: str) -> None:
    page = ann.open(f"{PATH}/embed")
    before = len(stores.credentials.list_keys(rows.ANN))
    page = ann.send(page, f"{PATH}/embed/key", origins=origins)
    assert (page.status, "is no origin" in page.text) == (422, True)
    assert len(stores.credentials.list_keys(rows.ANN)) == before


def test_a_key_that_was_kept_is_put_into_the_snippets(ann: Browser, stores: SqliteStores) -> None:
    page = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/own-key", key=PUBLIC)
    assert PUBLIC in snippet(page, "iframe")
    for key in ("", "nobody's", BOBS):
        page = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/own-key", key=key)
        assert (page.status, "text-iframe" in page.html) == (422, False)


def test_the_look_is_kept_and_stands_in_every_snippet(ann: Browser, stores: SqliteStores) -> None:
    entered = {
        "attributes.variant": "compact",
        "placement": "bottom-right",
        "attributes.theme": "dark",
        "buttonCss": "#112233",
        "titles.idle": 'Talk "to" us <now>',
        "size": "160",
        "attributes.language": "de",
        "attributes.text-input": "on",
        "transcript": None,
        "attributes.consent-text": "You agree.",
    }
    page = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/look", **entered)
    assert "Saved." in page.text
    stored = stores.agents.get_agent(rows.ANN, AgentId("-Desk")).embed
    attributes = {
        "variant": "compact",
        "theme": "dark",
        "language": "de",
        "text-input": "",
        "consent-text": "You agree.",
    }
    look = {"buttonCss": "background: #112233", "titles": {"idle": 'Talk "to" us <now>'}, "size": 160}
    assert stored == {**look, "transcript": False, "placement": "bottom-right", "attributes": attributes}
    page = made(ann)
    address = urlsplit(unescape(re.findall(r'src="([^"]+)"', snippet(page, "iframe"))[0]))
    read = decode_look(parse_qs(address.query)["c"][0])
    assert read.warnings == ()
    assert read.look == {**look, "transcript": False, "attributes": attributes}
    script = snippet(page, "script")
    assert 'data-placement="bottom-right"' in script
    assert "data-text-input" in script
    (written,) = re.findall(r'data-look="([^"]*)"', script)
    assert json.loads(unescape(written)) == look
    same = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/look")
    assert same.status == 200
    assert stores.agents.get_agent(rows.ANN, AgentId("-Desk")).embed == stored, "sent as it was shown, nothing changes"


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", "9"), ("size", "big"), ("buttonCss", "red"), ("titles.idle", "x" * 81)],
)
def test_a_look_that_cannot_be_is_told_beside_its_field(
    ann: Browser, stores: SqliteStores, field: str, value: str
) -> None:
    page = ann.send(ann.open(f"{PATH}/embed"), f"{PATH}/embed/look", **{field: value})
    assert (page.status, f'id="{field}-wrong"' in page.html) == (422, True)
    assert stores.agents.get_agent(rows.ANN, AgentId("-Desk")).embed is None


@pytest.mark.parametrize(
    ("title", "program"), [("Python", sys.executable), ("Node", shutil.which("node")), ("PHP", shutil.which("php"))]
)
def test_a_back_end_signs_what_is_believed(
    stores: SqliteStores, tmp_path: Path, title: str, program: str | None
) -> None:
    if program is None:
        pytest.skip(f"{title} is not installed")
    (text,) = (snippet.text for snippet in signing_snippets(AgentId("-Desk")) if snippet.title == title)
    file = tmp_path / {"Python": "sign.py", "Node": "sign.mjs", "PHP": "sign.php"}[title]
    file.write_text(text)
    secret = stores.accounts.get_account(rows.ANN).embed_secret
    done = subprocess.run(
        [program, file],
        env={**os.environ, "EMBED_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    use = TokenUse(rows.ANN, AgentId("-Desk"), None, time.time())
    signed = verify(done.stdout.strip(), secret, use, stores.used_tokens)
    assert (signed.metadata, signed.agent_id) == ({"userName": "Ann", "plan": "pro"}, "-Desk")
    assert signed.token_id is not None
