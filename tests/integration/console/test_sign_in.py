"""Who gets in, for how long, and whose forms are believed."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from callauth.console import LINK_S, form_proof, new_cookie_token, one_time_code
from callauth.keys import hash_key
from callcore.accounts.account import AccountStatus
from callcore.accounts.console_sessions import ABSOLUTE_S, IDLE_S
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Page
from tests.integration.console.conftest import LINK_SECRET
from tests.peers.accounts import BOBS, PRIVATE, PUBLIC

COOKIE = "parley_console_8000"


def sign_in(browser: Browser, key: str, path: str = "/agents", name: str = "") -> Page:
    return browser.send(browser.open(path), "/sign-in", key=key, name=name)


def bring(client: TestClient, cookie: str) -> None:
    """Have the browser hold this cookie and no other."""
    client.cookies.clear()
    client.cookies.set(COOKIE, cookie, domain="localhost.local", path="/")


def link(clock: ManualClock) -> str:
    return f"/sign-in/link?code={one_time_code(LINK_SECRET, clock.now_s)}"


def test_a_private_key_is_exchanged_for_a_session_that_is_not_the_key(stranger: Browser, stores: SqliteStores) -> None:
    page = sign_in(stranger, PRIVATE, name="Ann's laptop")
    assert (page.status, page.path) == (200, "/console/agents")
    (session,) = stores.signed_in.list_sessions(rows.ANN)
    cookie = stranger.client.cookies[COOKIE]
    assert session.name == "Ann's laptop"
    assert PRIVATE not in cookie
    assert session.session_hash not in cookie
    set_cookie = page.response.history[-1].headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=lax" in set_cookie
    assert "secure" not in set_cookie, "a browser keeps no Secure cookie of plain HTTP"


def test_elsewhere_the_cookie_is_for_https_and_this_host_alone(client: TestClient) -> None:
    page = Page(client.get("https://voice.example/console/sign-in"))
    cookie = page.response.headers["set-cookie"]
    assert cookie.startswith("__Host-parley_console_form=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie


def test_from_another_machine_without_https_the_page_says_what_to_do(client: TestClient) -> None:
    assert "over https only" in Page(client.get("http://192.0.2.7:8000/console/sign-in")).text
    assert "over https only" not in Page(client.get("/console/sign-in")).text


@pytest.mark.parametrize("key", ["", "nobody's", PUBLIC, "é" * 40, "x" * 100_000])
def test_another_key_opens_nothing(stranger: Browser, stores: SqliteStores, key: str) -> None:
    page = sign_in(stranger, key)
    assert page.status == 403
    assert "Not signed in" in page.text
    assert COOKIE not in stranger.client.cookies
    assert not stores.signed_in.list_sessions(rows.ANN)


def test_keys_cannot_be_guessed_quickly(stranger: Browser) -> None:
    for _ in range(10):
        assert sign_in(stranger, "guess").status == 403
    assert "allows 10 attempts" in sign_in(stranger, PRIVATE).text


def test_the_link_opens_once_for_ten_minutes_and_on_this_machine(
    stranger: Browser, client: TestClient, clock: ManualClock
) -> None:
    path = link(clock)
    assert stranger.open(path, **{"x-forwarded-for": "192.0.2.1"}).status == 403
    assert client.get(f"https://voice.example/console{path}").status_code == 403, "a name that leads here is not ours"
    assert stranger.open(path, **{"sec-purpose": "prefetch;prerender"}).status == 503
    assert stranger.open(path).path == "/console/agents"
    client.cookies.clear()
    assert "has been used" in stranger.open(path).text
    late = link(clock)
    clock.advance(LINK_S + 1)
    assert "ten minutes" in stranger.open(late).text
    assert stranger.open("/sign-in/link?code=1.2.3").status == 403


def test_a_page_is_come_back_to_and_nothing_else(stranger: Browser) -> None:
    asked = stranger.open("/sessions")
    assert (asked.path, dict(asked.form("/sign-in").fields)["next"]) == ("/console/sign-in", "/console/sessions")
    for elsewhere in (
        "https://evil.example/console",
        "//evil.example/console/",
        "/console\\@evil",
        "/agents",
        "javascript:1",
    ):
        page = stranger.open(f"/sign-in?next={elsewhere}")
        assert dict(page.form("/sign-in").fields)["next"] == ""
    assert sign_in(stranger, PRIVATE, "/sessions").path == "/console/sessions"


def test_a_session_that_was_planted_is_not_the_one_that_is_used(stranger: Browser, stores: SqliteStores) -> None:
    """Fixation: an attacker signs in, and gives his cookie to somebody else."""
    sign_in(stranger, BOBS)
    planted = stranger.client.cookies[COOKIE]
    sign_in(stranger, PRIVATE, "/sign-in")
    assert stranger.client.cookies[COOKIE] != planted
    assert not stores.signed_in.list_sessions(rows.BOB)
    made_up = str(new_cookie_token(rows.ANN))
    bring(stranger.client, made_up)
    assert stranger.open("/agents").path == "/console/sign-in"
    sign_in(stranger, PRIVATE)
    assert stranger.client.cookies[COOKIE] != made_up


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(ann: Browser, clock: ManualClock) -> None:
    clock.advance(IDLE_S - 1)
    assert ann.open("/agents").path == "/console/agents"
    clock.advance(IDLE_S - 1)
    assert ann.open("/agents").path == "/console/agents", "it was used meanwhile"
    clock.advance(IDLE_S)
    assert ann.open("/agents").path == "/console/sign-in"


def test_a_session_that_is_always_used_ends_too(ann: Browser, clock: ManualClock) -> None:
    for _ in range(int(ABSOLUTE_S // (IDLE_S / 2)) - 1):
        clock.advance(IDLE_S / 2)
        assert ann.open("/sessions").path == "/console/sessions"
    clock.advance(IDLE_S / 2)
    assert ann.open("/sessions").path == "/console/sign-in"


def test_a_session_ends_with_its_key_and_with_its_account(stranger: Browser, stores: SqliteStores) -> None:
    sign_in(stranger, PRIVATE)
    stores.credentials.revoke_key(rows.ANN, hash_key(PRIVATE), 1.0)
    assert stranger.open("/agents").path == "/console/sign-in"
    sign_in(stranger, BOBS)
    assert stranger.open("/agents").path == "/console/agents"
    stores.directory.change_account(rows.BOB, lambda account: replace(account, status=AccountStatus.SUSPENDED))
    assert stranger.open("/agents").path == "/console/sign-in"


def test_sessions_are_listed_and_ended(ann: Browser, client: TestClient, clock: ManualClock) -> None:
    mine = client.cookies[COOKIE]
    client.cookies.clear()
    sign_in(ann, PRIVATE, name="<b>The other</b>")
    theirs = client.cookies[COOKIE]
    bring(client, mine)
    page = ann.open("/sessions")
    assert "&lt;b&gt;The other&lt;/b&gt;" in page.html
    (action,) = (path.removeprefix("/console") for path in page.paths() if path.endswith("/end"))
    done = ann.send(page, action)
    assert "The session was ended" in done.text
    assert "The other" not in done.text
    bring(client, theirs)
    assert ann.open("/agents").path == "/console/sign-in"


def test_signing_out_ends_the_session_at_the_server(ann: Browser, client: TestClient) -> None:
    cookie = client.cookies[COOKIE]
    ann.send(ann.open("/agents"), "/sign-out")
    assert COOKIE not in client.cookies
    bring(client, cookie)
    assert ann.open("/agents").path == "/console/sign-in"


def test_a_form_from_elsewhere_changes_nothing(ann: Browser, client: TestClient, stores: SqliteStores) -> None:
    (session,) = stores.signed_in.list_sessions(rows.ANN)
    path = "/console/sign-out"
    proofs = ["", "guessed", form_proof("another session", path), form_proof(client.cookies[COOKIE], "/console/x")]
    for proof in proofs:
        assert ann.post(path, [("proof", proof)]).status == 403
    page = ann.open("/agents")
    assert ann.send(page, "/sign-out", headers={"sec-fetch-site": "cross-site"}).status == 403
    assert ann.send(page, "/sign-out", headers={"sec-fetch-site": "same-site"}).status == 403
    assert [one.session_hash for one in stores.signed_in.list_sessions(rows.ANN)] == [session.session_hash]


def test_nobody_is_signed_in_by_a_form_from_elsewhere(stranger: Browser) -> None:
    """A page that signs its visitor in as itself would see what he then enters."""
    page = stranger.open("/sign-in")
    stranger.client.cookies.clear()
    assert stranger.send(page, "/sign-in", key=BOBS).status == 403
    assert COOKIE not in stranger.client.cookies


def test_every_answer_says_what_a_browser_may_do(ann: Browser, client: TestClient) -> None:
    for page in (ann.open("/agents"), ann.open("/nowhere"), ann.open("/sign-in"), Page(client.get("/"))):
        policy = page.response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.response.headers["cache-control"] == "no-store"
        assert page.response.headers["referrer-policy"] == "no-referrer"


def test_a_browser_at_the_hosts_own_address_is_led_to_the_console(client: TestClient) -> None:
    led = client.get("/", headers={"accept": "text/html,*/*"}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/console")
    assert client.get("/", headers={"accept": "*/*"}).json()["message"] == "Not Found"


def test_errors_are_pages(ann: Browser) -> None:
    page = ann.open("/nowhere")
    assert page.status == 404
    assert "There is no such page" in page.text
    big = ann.post("/console/sign-out", [("proof", "x" * (2 * 2**20 + 1))])
    assert (big.status, "larger than 2 MiB" in big.text) == (400, True)
    assert Page(ann.client.post("/console/sign-out", content=b"proof=%ff")).status == 400
