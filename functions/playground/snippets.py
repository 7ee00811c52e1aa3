"""What is pasted into a site, and what a site's back end signs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

from callcore.ids import AgentId
from playground.look import attributes_of, encoded

_FOLDER = Path(__file__).with_name("signing")


@dataclass(frozen=True)
class Snippet:
    """One text to copy."""

    key: str
    title: str
    help: str
    text: str


def page_address(origin: str, agent_id: AgentId, public_key: str, look: Mapping[str, Any]) -> str:
    """Of the call page; whatever is added to its query is metadata."""
    query = {"id": agent_id, "k": public_key}
    if (c := encoded(look)) != "":
        query["c"] = c
    return f"{origin}/agents/embedded?{urlencode(query)}"


def site_snippets(origin: str, agent_id: AgentId, public_key: str, look: Mapping[str, Any]) -> tuple[Snippet, ...]:
    """For every kind of site."""
    frame = _iframe(page_address(origin, agent_id, public_key, look))
    script = _script(origin, agent_id, public_key, look)
    return (
        Snippet("iframe", "iframe", "Stands where you paste it. Add &userName=Ann to the address for metadata.", frame),
        Snippet("script", "Script", "A button or launcher in the page itself; before </body> is a good place.", script),
        Snippet(
            "webflow",
            "Webflow",
            "Add an Embed element (Add panel, Advanced, Embed), paste this, save, publish. Fields of a collection go "
            "into data-meta-… by “+ Add Field”.",
            _script(origin, agent_id, public_key, look, {"data-meta-page": "home"}),
        ),
    )


def _iframe(address: str) -> str:
    looks = 'width="100%" height="600" style="border: 0"'
    return f'<iframe src="{escape(address)}" {looks} allow="microphone; autoplay"></iframe>'


def _script(
    origin: str, agent_id: AgentId, public_key: str, look: Mapping[str, Any], more: Mapping[str, str] | None = None
) -> str:
    attributes = {"src": f"{origin}/embed.js", "data-agent-id": agent_id, "data-public-key": public_key}
    attributes |= {f"data-{name}": value for name, value in attributes_of(look).items()} | dict(more or {})
    written = (name if value == "" else f'{name}="{escape(value)}"' for name, value in attributes.items())
    return "<script " + "\n        ".join(written) + "></script>"


def signing_snippets(agent_id: AgentId) -> tuple[Snippet, ...]:
    """How a back end signs metadata; each prints a token when it is run with EMBED_SECRET in its environment."""
    return tuple(
        Snippet(title.lower(), title, "", Template(_read(title)).substitute(agent_id=agent_id))
        for title in ("Python", "Node", "PHP")
    )


def _read(title: str) -> str:
    return (_FOLDER / f"{title.lower()}.txt").read_text(encoding="utf-8")
