"""From an uploaded file to the text that agents know: what is accepted, and what is made of it."""

import json
import re
from html.parser import HTMLParser

from callcore.errors import InvalidInput
from callcore.jsontext import parse_json

CSV = "text/csv"
KINDS = {
    "text/plain": (".txt", ".text", ".log"),
    "text/markdown": (".md", ".markdown"),
    CSV: (".csv",),
    "text/html": (".html", ".htm"),
    "application/json": (".json",),
}
"""What is read, and how such files are called."""
_UNKNOWN = frozenset({"", "text/plain", "application/octet-stream"})
"""Says nothing: clients call everything plain text."""
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form"}
    | {"header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "table", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_UNREAD = frozenset({"script", "style", "template", "noscript", "svg", "head"})
_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\s*\n\s*\n\s*")


def kind_of(file_type: str, name: str) -> str:
    """What the file is, by its type or, where that says nothing, by its name. Raises InvalidInput for others."""
    plain = file_type.partition(";")[0].strip().lower()
    if plain in KINDS and plain not in _UNKNOWN:
        return plain
    if plain not in _UNKNOWN:
        raise InvalidInput(f"file_type {plain[:40]} is not read here; these are: {', '.join(KINDS)}")
    ending = name[name.rfind(".") :].lower()
    return next((kind for kind, endings in KINDS.items() if ending in endings), "text/plain")


def text_of(data: bytes, kind: str) -> str:
    """The text of a file of this kind, with newlines as its only line ends. Raises InvalidInput."""
    if data.startswith(b"%PDF"):
        raise InvalidInput("the file is a PDF, which is not read here: upload its text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the file is no text in UTF-8: byte {error.start + 1} of it is wrong") from None
    if _BINARY.search(text):
        raise InvalidInput("the file is no text: it holds control characters")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text/html":
        text = _text_of_page(text)
    elif kind == "application/json":
        text = _lines_of_json(text)
    if not text.strip():
        raise InvalidInput("the file holds no text")
    return text


def _lines_of_json(text: str) -> str:
    """Each member in a line of its own, so that passages end between them."""
    try:
        value = parse_json(text)
    except InvalidInput as error:
        raise InvalidInput(f"the file {error}") from None
    return json.dumps(value, ensure_ascii=False, indent=0)


def _text_of_page(html: str) -> str:
    page = _Page()
    page.feed(html)
    page.close()
    return _GAPS.sub("\n\n", "".join(page.parts)).strip()


class _Page(HTMLParser):
    """Takes the words out of a page; its headings become those of Markdown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins on a new line."""
        if tag in _UNREAD:
            self._unread.append(tag)
        elif tag in _HEADINGS:
            self.parts.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag in _CELLS:
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in {"p", "table", "section"} else "\n")

    def handle_endtag(self, tag: str) -> None:
        """So does what comes after one."""
        if tag in self._unread:
            while self._unread.pop() != tag:
                pass
        elif tag in _HEADINGS:
            self.parts.append("\n\n")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Words; a line end within them is a blank."""
        if not self._unread:
            self.parts.append(_BLANKS.sub(" ", data.replace("\n", " ")))
