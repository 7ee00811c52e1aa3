"""A browser without scripts: keeps cookies, follows redirects, fills in the forms that a page has."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from httpx2 import Response
from starlette.testclient import TestClient


@dataclass
class Form:
    """One form of a page, with what its fields hold."""

    action: str
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if not self.forms:
            return
        fields, name = self.forms[-1].fields, given.get("name", "")
        if tag == "input" and name:
            is_tick = given.get("type") in ("checkbox", "radio")
            if not is_tick or "checked" in given:
                fields.append((name, given.get("value", "on" if is_tick else "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea and self.forms:
            self.forms[-1].fields.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None
        if tag == "select":
            self._select = None


def forms_of(html: str) -> list[Form]:
    """Every form of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


@dataclass
class Page:
    """What the browser shows."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def text(self) -> str:
        """What can be read, in one line."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.html).split())

    def form(self, action: str) -> Form:
        """The form that is sent to the path below the console's prefix."""
        (found,) = (form for form in forms_of(self.html) if form.action == f"/console{action}")
        return found

    def paths(self) -> set[str]:
        """Where the links and forms of the page lead."""
        return set(re.findall(r'(?:href|action)="(/console[^"?#]*)', self.html))


@dataclass
class Browser:
    client: TestClient

    def open(self, path: str, **headers: str) -> Page:
        return Page(self.client.get(f"/console{path}", headers=headers))

    def send(self, page: Page, action: str, /, headers: Any = None, **entered: Any) -> Page:
        """Send the page's form with what is entered; a list stands for several fields, None for one left out."""
        form = page.form(action)
        fields = [(name, value) for name, value in form.fields if name not in entered]
        for name, value in entered.items():
            values = value if isinstance(value, list) else [] if value is None else [value]
            fields += [(name, one) for one in values]
        return self.post(form.action, fields, headers)

    def post(self, path: str, fields: list[tuple[str, str]], headers: dict[str, str] | None = None) -> Page:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return Page(self.client.post(path, content=urlencode(fields), headers=kind | (headers or {})))
