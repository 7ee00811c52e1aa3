"""Every page of the console, in both themes: nothing for axe, nothing for the policy, nothing too heavy or too wide."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.e2e.console.conftest import printed_link, until
from tests.e2e.stack import Stack
from tests.e2e.widget.axe import bring_axe, violations

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

MOST_BYTES = 60_000
"""Of a page with everything that it loads, compressed."""
PICTURES = Path(__file__).parents[3] / ".artifacts" / "console"
NOT_PAGES = re.compile(r"/(say|download|audio)\b|\.wav|\.csv|\.json")
WIDTHS = {"wide": 1280, "phone": 360}


def is_part(response: Response) -> bool:
    """Of the page's weight: a recording is fetched while the page is read, and the icon when the browser likes."""
    is_icon = response.request.resource_type == "other"
    return response.ok and not is_icon and not response.url.endswith((".wav", "waveform.svg"))


@dataclass
class Reader:
    """Opens pages and keeps what is wrong with them."""

    page: Page
    responses: list[Response] = field(default_factory=list)
    bodies: dict[str, int] = field(default_factory=dict)
    """Compressed, of the page that was opened."""
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("response", lambda response: self.responses.append(response))
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, url: str) -> set[str]:
        """The pages that it leads to."""
        self.responses.clear()
        self.said.clear()
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.bodies = {one.url: len(gzip.compress(one.body(), 6)) for one in self.responses if is_part(one)}
        links: list[str] = self.page.eval_on_selector_all("a[href]", "links => links.map(({ href }) => href)")
        return {link.partition("#")[0] for link in links}

    def problems(self) -> list[str]:
        """Of the page that is open, once it has its styles: what follows a form may still be waiting for them."""
        self.page.wait_for_load_state()
        found = violations(self.page)
        found += [line for line in self.said if not line.startswith(("verbose", "info", "debug", "log"))]
        if (weight := sum(self.bodies.values())) > MOST_BYTES:
            heaviest = sorted(self.bodies.items(), key=lambda one: -one[1])[:3]
            found.append(f"{weight} bytes compressed, of which {heaviest}")
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("it is wider than the window")
        return [f"{self.page.url}: {one}" for one in found]


def signed_in(context: BrowserContext, stack: Stack) -> Page:
    page = context.new_page()
    page.goto(f"{stack.connection['api_url']}/console/sign-in")
    page.get_by_label("Private key").fill(stack.connection["private_key"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/agents")
    return page


def every_page(stack: Stack, reader: Reader) -> Iterator[str]:
    """Every address of the console that some page leads to, filters of lists left aside."""
    start = f"{stack.connection['api_url']}/console"
    waiting, seen = [f"{start}/agents"], {f"{start}/agents"}
    while waiting:
        url = waiting.pop(0)
        links = reader.open(url)
        yield url
        for link in sorted(links - seen):
            if link.startswith(f"{start}/") and "?" not in link and not NOT_PAGES.search(link):
                waiting.append(link)
                seen.add(link)


def with_something_to_show(stack: Stack, page: Page, place: str) -> None:
    """An agent that was changed, so that there are versions, and that knows a file."""
    agent = f"{stack.connection['api_url']}/console/agents/{stack.connection['agent_id']}"
    page.goto(f"{agent}/configure/prompt")
    page.get_by_label("First message", exact=True).fill(f"Hi {{userName}}, from {place} and {{region}}.")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. New calls").wait_for()
    page.goto(f"{agent}/knowledge")
    menu = ("# Soups\n" + "Borscht. " * 500).encode()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "menu.md", "mimeType": "text/markdown", "buffer": menu}
    )
    page.get_by_role("button", name="Add").click()
    page.get_by_text("knows the file from its next call").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_whole_for_everybody(stack: Stack, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    bring_axe(context)
    page = signed_in(context, stack)
    with_something_to_show(stack, page, theme)
    reader, problems, seen = Reader(page), [], 0
    for url in every_page(stack, reader):
        seen += 1
        for name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            problems += reader.problems()
            path = re.sub(r"[^a-z]+", "-", url.partition("/console/")[2].replace(stack.connection["agent_id"], "agent"))
            page.screenshot(path=PICTURES / f"{path or 'first'}.{theme}.{name}.png", full_page=True)
    context.close()
    assert problems == []
    assert seen >= 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_without_anybody_are_whole_too(stack: Stack, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    bring_axe(context)
    page = context.new_page()
    reader, problems = Reader(page), []
    for path in ("/console/sign-in", "/console/nowhere", "/console/sign-in/link?code=x"):
        reader.open(stack.connection["api_url"] + path)
        problems += [one for one in reader.problems() if "status of 40" not in one]
    context.close()
    assert problems == []


def test_forms_with_mistakes_and_what_follows_are_whole(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(reduced_motion="reduce")
    bring_axe(context)
    page = signed_in(context, stack)
    reader, problems = Reader(page), []
    agent = f"{stack.connection['api_url']}/console/agents/{stack.connection['agent_id']}"
    for form, label, text in (
        ("model", "Temperature", "warm"),
        ("model", "Messages remembered", "many"),
        ("conversation", "Words to interrupt", "99"),
        ("functions/tools-0", "Patience", "soon"),
    ):
        reader.open(f"{agent}/configure/{form}")
        page.get_by_label(label).first.fill(text)
        page.get_by_role("button", name="Review changes").click()
        page.get_by_role("alert").wait_for()
        problems += [one for one in reader.problems() if "status of 422" not in one]
    reader.open(f"{agent}/configure/prompt")
    page.get_by_label("Prompt", exact=True).fill("Be brief.")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_text("What changes").first.wait_for()
    problems += reader.problems()
    reader.open(f"{agent}/configure/functions/tools-0/try")
    page.get_by_role("button", name="Run it").click()
    page.get_by_role("alert").wait_for()
    problems += reader.problems()
    reader.open(f"{agent}/embed")
    page.get_by_role("button", name="Make the snippet").click()
    page.get_by_text("The key is made").wait_for()
    problems += reader.problems()
    context.close()
    assert problems == []


def test_everything_is_reached_by_keyboard(stack: Stack, browser: Browser) -> None:
    """The first stop leads past the menu, and every control of a form shows where the focus is."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(printed_link(stack))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'main'")
    page.goto(f"{stack.connection['api_url']}/console/agents/new")
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", stops[-1]
        if stops[-1] == "Create agent":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/configure/prompt*")
    context.close()
