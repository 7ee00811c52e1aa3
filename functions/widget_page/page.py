"""The HTML of the widget's pages, from the templates of `widget/templates` (autoescaped)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callcore.metadata import PageQuery
from widget_page.assets import Assets
from widget_page.look import decode_look

_ENTRY_MODULE = "page.js"


class Pages:
    """Renders a page; every URL in it is relative to `/agents/embedded`."""

    def __init__(self, templates_dir: Path, assets: Assets, media_url: str | None, served_by: str = "") -> None:
        loader = FileSystemLoader(templates_dir)
        environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._embedded = environment.get_template("embedded.html.j2")
        self._notice = environment.get_template("notice.html.j2")
        self._assets_url = f"../widget/{assets.digest}"
        self._modules = assets.modules_of(_ENTRY_MODULE)
        self._media_url = media_url
        self._served_by = served_by

    def embedded(self, query: PageQuery, origins: Sequence[str] | None) -> str:
        """The page with the call button, for pages of `origins` to embed and to talk with; None is all."""
        data = page_data(query, self._media_url, origins)
        return self._embedded.render(
            assets=self._assets_url, modules=self._modules, page=data, served_by=self._served_by
        )

    def notice(self, title: str, text: str) -> str:
        """A page that only says something."""
        return self._notice.render(assets=self._assets_url, title=title, text=text)


def page_data(query: PageQuery, media_url: str | None, origins: Sequence[str] | None) -> Mapping[str, Any]:
    """What `page.js` reads from the page's data block."""
    decoded = decode_look(query.look)
    return {
        "agent_id": query.agent_id,
        "public_key": query.public_key,
        "media_url": media_url,
        "metadata": dict(query.metadata),
        "token": query.token,
        "origins": None if origins is None else list(origins),
        "look": dict(decoded.look),
        "warnings": list(decoded.warnings),
    }
