"""What README.md and the guides beside it tell a reader to type or paste fits the code."""

import json
import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callcore.metadata import parse_page_query
from callcore.wire.client import Initiate
from infra.accounts.__main__ import parser as account_arguments
from infra.local.connection import Connection
from infra.local.settings import parse_arguments
from infra.local.welcome import iframe_snippet, script_snippet

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "infra/guides").glob("*.md"))]
TEXT = "\n".join(path.read_text() for path in PAGES)
MAX_LINES = 220
"""Of README.md: whoever begins finds his way; what only some have to know stands in a guide."""
CONNECTION = Connection(
    public_key="all",
    private_key="private",
    snippet_key="PUBLIC_KEY",
    api_url="http://127.0.0.1:8000",
    media_url="ws://127.0.0.1:8080/millis",
    page_url="http://127.0.0.1:8000/agents/embedded?id=AGENT_ID&k=PUBLIC_KEY",
    agent_id="AGENT_ID",
)


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert found, language
    return found


class Elements(HTMLParser):
    """The elements of a snippet, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] = {name: value or "" for name, value in attrs}


def attributes(tag: str) -> dict[str, str]:
    return Elements("".join(blocks("html"))).found[tag]


@pytest.mark.parametrize("block", blocks("sh"))
def test_shell_blocks_are_commands(block: str) -> None:
    assert subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, timeout=10).stderr == ""


def test_what_is_made_can_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([\w-]+):", makefile, re.MULTILINE)
    commands = [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]
    made = [command for command in commands if command[:1] == ["make"]]
    assert {command[1] for command in made} >= {"run", "test"}
    for _, target, *variables in made:
        assert target in targets
        for variable in variables:
            name, _, value = variable.partition("=")
            assert f"$({name})" in makefile
            if target == "run":
                parse_arguments(shlex.split(value))


def test_accounts_take_the_commands() -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if "-m infra.accounts" in line]
    given = [account_arguments().parse_args(shlex.split(line, comments=True)[3:]) for line in lines]
    assert {one.command for one in given} == {"create", "list", "limits", "keys", "suspend"}


def test_only_names_of_connection_json_are_asked_for() -> None:
    names = {name for block in blocks("sh") for name in re.findall(r"\$\(value (\w+)\)", block)}
    assert names >= {"api_url", "private_key"}
    assert names <= set(Connection.model_fields)


def test_the_iframe_is_the_printed_one_with_metadata() -> None:
    ours, printed = attributes("iframe"), Elements(iframe_snippet(CONNECTION)).found["iframe"]
    assert parse_page_query(urlsplit(ours["src"]).query).metadata == {"userName": "Ann"}
    assert ours.pop("src") == printed.pop("src") + "&userName=Ann"
    assert ours == printed
    assert "microphone" in ours["allow"]


def test_the_script_is_the_printed_one_with_metadata() -> None:
    ours, printed = attributes("script"), Elements(script_snippet(CONNECTION)).found["script"]
    assert ours.pop("data-meta-user-name") == "Ann"
    assert ours == printed


def test_the_loader_takes_what_the_script_says() -> None:
    loader = (ROOT / "widget/static/embed.js").read_text()
    assert "document.currentScript" in loader, "a classic script: the snippet has no type"
    table = (ROOT / "widget/static/element/attributes.js").read_text()
    listed = re.findall(r"^  '?([\w-]+)'?: ", table.split("Object.freeze({")[1].split("\n});")[0], re.MULTILINE)
    given = {name.removeprefix("data-") for name in attributes("script")}
    assert {name for name in given if not name.startswith("meta-")} - {"src"} <= set(listed)


def test_the_program_starts_a_session_as_the_protocol_has_it() -> None:
    (program,) = (block for block in blocks("js") if "client.start" in block)  # tests/e2e/test_webrtc.py runs the other
    (argument,) = re.findall(r"client\.start\((.*)\);", program)
    # The SDK forgets every other argument when the first one is an object with an agent.
    payload = json.loads(re.sub(r"(\w+):", r'"\1":', argument))
    initiate = Initiate.model_validate(payload)
    assert set(payload) <= set(Initiate.model_fields)
    assert initiate.metadata == {"userName": "Ann"}
    (end_point,) = re.findall(r'endPoint: "(.*?)"', program)
    assert end_point == CONNECTION.media_url


def test_the_public_address_stands_where_the_proxy_is() -> None:
    (block,) = (block for block in blocks("sh") if "--public-url" in block)
    behind = re.findall(r"(?:--url http://|--to )([\d.]+:\d+)", block)
    assert len(behind) == 2
    assert set(behind) == {urlsplit(CONNECTION.api_url).netloc}


LINKS = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text())]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page.name}: {link}" for page, link in LINKS])
def test_links_lead_somewhere(page: Path, link: str) -> None:
    path, _, place = link.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if place else []
    assert not place or place in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_leads_to_every_guide() -> None:
    readme, *guides = PAGES
    assert len(readme.read_text().splitlines()) <= MAX_LINES
    assert {path.name for path in guides} <= {
        Path(link.partition("#")[0]).name for page, link in LINKS if page == readme
    }
