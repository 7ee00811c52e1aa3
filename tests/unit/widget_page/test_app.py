"""The pages over HTTP: status, headers, escaping."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind, KeyPolicy, KeyRecord
from callcore.clock import SystemClock
from callcore.errors import InvalidInput, StoreError
from callcore.ids import AccountId
from callstore.sqlite.stores import SqliteStores
from widget_page.app import Dependencies, create_app
from widget_page.policy import frame_ancestors
from widget_page.settings import Settings, read_settings

ANY_PAGE = frame_ancestors(None)
ACCOUNT = AccountId("acc_1")
POLICIES = {
    "any-origin": KeyPolicy(),
    "one-origin": KeyPolicy(origins=("https://shop.example",)),
    "with-a-slash": KeyPolicy(origins=("https://shop.example/",)),
    "as-people-write": KeyPolicy(origins=("HTTPS://Bücher.example:443",)),
    "no-origin": KeyPolicy(origins=()),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with SqliteStores(tmp_path_factory.mktemp("stores") / "parley.db", SystemClock()) as stores:
        stores.accounts.put_account(Account(ACCOUNT, "One", 1.0, embed_secret="s"))
        for key, policy in POLICIES.items():
            stores.accounts.put_key(key_record(key, KeyKind.PUBLIC, ACCOUNT, "web", 1.0, policy))
        private = KeyPolicy(origins=())
        stores.accounts.put_key(key_record("private-key", KeyKind.PRIVATE, ACCOUNT, "back end", 1.0, private))
        settings = Settings(media_url="wss://media.example/millis")
        yield TestClient(create_app(Dependencies(stores.accounts.find_key, settings)))


def page_url(**parameters: str) -> str:
    return "/agents/embedded?" + urlencode({"id": "-Abc", "k": "any-origin"} | parameters)


class Blocks(HTMLParser):
    """Collects what a browser's parser would make of scripts and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self.data = ""
        self._in_data = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "script":
            self.scripts.append(dict(attrs))
            self._in_data = ("id", "parley-page") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data


def data_of(html: str) -> Any:
    return json.loads(Blocks(html).data)


def test_the_page_holds_what_the_widget_needs(client: TestClient) -> None:
    answer = client.get(page_url(userName="Ann", plan="", token="a.b.c"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert data_of(answer.text) == {
        "agent_id": "-Abc",
        "public_key": "any-origin",
        "media_url": "wss://media.example/millis",
        "metadata": {"userName": "Ann", "plan": ""},
        "token": "a.b.c",
        "origins": None,
        "look": {},
        "warnings": [],
    }


def test_the_page_is_told_who_may_talk_with_it(client: TestClient) -> None:
    shop = ["https://shop.example"]
    told = {"any-origin": None, "one-origin": shop, "with-a-slash": shop, "no-origin": [], "unknown": None}
    told["as-people-write"] = ["https://xn--bcher-kva.example"]
    assert {key: data_of(client.get(page_url(k=key)).text)["origins"] for key in told} == told


@pytest.mark.parametrize(
    ("key", "told"),
    [("with-a-slash", "https://shop.example"), ("as-people-write", "https://xn--bcher-kva.example")],
)
def test_an_origin_may_embed_as_it_may_call_however_it_is_written(client: TestClient, key: str, told: str) -> None:
    policy = client.get(page_url(k=key)).headers["content-security-policy"]
    assert f"frame-ancestors {told};" in policy


VALUES = st.text(max_size=200) | st.sampled_from(
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "\u2028\u2029",
        "{{ 7 * 7 }}",
        "'\"&<>",
        "]]>",
        "\\u003c",
        "\x00",
    ]
)


@settings(deadline=None)  # of a request: a loaded machine would fail it
@given(name=st.text(min_size=1, max_size=30), value=VALUES)
def test_any_metadata_reaches_the_page_and_never_leaves_its_block(client: TestClient, name: str, value: str) -> None:
    if name in {"id", "k", "c", "token"}:
        return
    try:
        url = page_url(**{name: value})
    except UnicodeEncodeError:
        return  # half a surrogate cannot stand in a URL
    html = client.get(url).text
    assert data_of(html)["metadata"] == {name: value}
    plain = Blocks(client.get(page_url()).text)
    assert Blocks(html).tags == plain.tags
    block = re.search(r'id="parley-page">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    assert not set(block[1]) & set("<>&'\u2028\u2029\x00")


@pytest.mark.parametrize("name", ["id", "k", "token", "c"])
def test_no_other_parameter_leaves_the_block_either(client: TestClient, name: str) -> None:
    html = client.get(page_url(**{name: "</script><img src=x onerror=alert(1)>"})).text
    assert "<img" not in html


def test_there_is_no_inline_code(client: TestClient) -> None:
    blocks = Blocks(client.get(page_url()).text)
    assert [script.get("type") for script in blocks.scripts] == ["module", "application/json"]
    assert blocks.scripts[0]["src"]
    assert not {name for name in blocks.attributes if name.startswith("on") or name == "style"}
    assert "style" not in blocks.tags


@pytest.mark.parametrize(
    ("key", "ancestors"),
    [
        ("any-origin", ANY_PAGE),
        ("one-origin", "https://shop.example"),
        ("no-origin", "'none'"),
        ("unknown", ANY_PAGE),
        ("private-key", ANY_PAGE),
    ],
)
def test_frame_ancestors_are_those_of_the_key(client: TestClient, key: str, ancestors: str) -> None:
    answer = client.get(page_url(k=key))
    assert answer.status_code == 200
    assert f"; frame-ancestors {ancestors};" in answer.headers["content-security-policy"]


def test_an_unknown_key_looks_like_a_known_one(client: TestClient) -> None:
    known, unknown = (client.get(page_url(k=key)) for key in ("any-origin", "xyz-origin"))
    assert known.text.replace("any-origin", "xyz-origin") == unknown.text
    assert known.headers["content-security-policy"] == unknown.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("parameters", "caching"),
    [({}, "public, max-age=0, s-maxage=60"), ({"userName": "Ann"}, "no-store"), ({"token": "t"}, "no-store")],
)
def test_a_page_with_personal_data_is_not_stored(client: TestClient, parameters: dict[str, str], caching: str) -> None:
    assert client.get(page_url(**parameters)).headers["cache-control"] == caching


def test_a_page_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    page = client.get(page_url())
    again = client.get(page_url(), headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "content-security-policy"):
        assert again.headers[name] == page.headers[name]


def test_a_copy_with_the_old_policy_is_not_confirmed(tmp_path: Path) -> None:
    with SqliteStores(tmp_path / "parley.db", SystemClock()) as stores:
        stores.accounts.put_account(Account(ACCOUNT, "One", 1.0, embed_secret="s"))
        web = TestClient(create_app(Dependencies(stores.accounts.find_key, Settings())))
        tags: list[str] = []
        for policy in (KeyPolicy(), KeyPolicy(origins=())):
            stores.accounts.put_key(key_record("k", KeyKind.PUBLIC, ACCOUNT, "web", 1.0, policy))
            page = web.get(page_url(k="k"), headers={"If-None-Match": ", ".join(tags)})
            assert page.status_code == 200
            tags.append(page.headers["etag"])


def test_a_personal_page_has_no_tag(client: TestClient) -> None:
    assert "etag" not in client.get(page_url(userName="Ann")).headers


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "needs id="),
        ("id=-Abc", "needs k="),
        ("k=x", "needs id="),
        ("id=&k=x", "needs id="),
        ("id=a&k=b&note=" + "x" * 2_001, "longer than"),
        ("id=a&k=b&" + "&".join(f"n{number}=1" for number in range(65)), "64 keys"),
        ("id=a&k=b&x=%FF", "not UTF-8"),
        ("id=a&k=b&<script>=1&<script>=2", "twice"),
    ],
)
def test_a_wrong_address_is_a_readable_page(client: TestClient, query: str, words: str) -> None:
    answer = client.get(f"/agents/embedded?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def broken(key_hash: str) -> KeyRecord | None:
    raise StoreError("the file is gone", retryable=True)


def test_a_store_that_fails_is_a_readable_page() -> None:
    answer = TestClient(create_app(Dependencies(broken, Settings()))).get(page_url())
    assert answer.status_code == 503
    assert "in a moment" in answer.text


def test_a_look_that_cannot_be_read_is_a_warning_in_the_page(client: TestClient) -> None:
    data = data_of(client.get(page_url(c="!!")).text)
    assert data["look"] == {}
    assert "ignored" in data["warnings"][0]


@pytest.mark.parametrize(
    "path", ["/embed.js", "/widget/call-widget.js", "/widget/sdk/worklets/capture.js", "/widget/page.css"]
)
def test_files_may_be_used_from_everywhere(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        answer.headers["content-type"]
        == ("text/css" if path.endswith("css") else "text/javascript") + "; charset=utf-8"
    )
    assert answer.headers["cache-control"] == "no-cache"


def test_a_file_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/embed.js").headers["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = client.get("/embed.js", headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert client.get("/embed.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_files_of_the_page_are_kept_for_ever_until_one_changes(client: TestClient) -> None:
    sources = re.findall(r'(?:src|href)="\.\.(/widget/[^"]+)"', client.get(page_url()).text)
    assert len(sources) > 10
    for source in sources:
        answer = client.get(source)
        assert answer.status_code == 200, source
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_page_of_another_version_gets_the_files_of_today_and_keeps_none(client: TestClient) -> None:
    answer = client.get("/widget/0123456789ab/sdk/call.js")
    assert answer.content == client.get("/widget/sdk/call.js").content
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/widget/", "/widget/absent.js", "/widget/tsconfig.json", "/widget/..%2Fpackage.json", "/widget/%2e%2e/%2e%2e/a"],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_head_has_the_headers_without_the_body(client: TestClient) -> None:
    for path in (page_url(), "/embed.js", "/widget/call-widget.js"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("environment", "media_url"),
    [
        ({}, None),
        ({"PARLEY_PUBLIC_URL": "https://call.example"}, "wss://call.example/millis"),
        ({"PARLEY_PUBLIC_URL": "http://call.example:8000/"}, "ws://call.example:8000/millis"),
        (
            {"PARLEY_PUBLIC_URL": "https://call.example", "PARLEY_MEDIA_URL": "wss://m.example/millis"},
            "wss://m.example/millis",
        ),
    ],
)
def test_settings(environment: dict[str, str], media_url: str | None) -> None:
    assert read_settings(environment).page_media_url == media_url


def test_an_empty_variable_says_nothing() -> None:
    empty = {"WIDGET_ASSETS_DIR": "", "PARLEY_PUBLIC_URL": "", "PARLEY_MEDIA_URL": ""}
    assert read_settings(empty) == read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"), [("PARLEY_PUBLIC_URL", "call.example"), ("PARLEY_MEDIA_URL", "https://m.example/millis")]
)
def test_wrong_settings_stop_the_process(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        read_settings({name: value})


@pytest.mark.parametrize("told", ["", "Heard by <openai>."])
def test_the_page_says_who_serves_when_it_is_told(told: str) -> None:
    page = TestClient(create_app(Dependencies(lambda key: None, Settings(served_by=told))))
    content = page.get("/agents/embedded?id=-A&k=unknown").text
    assert ("<footer" in content) == bool(told)
    assert ("Heard by &lt;openai&gt;." in content) == bool(told)
