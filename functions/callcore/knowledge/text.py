"""From an uploaded file to the text that agents know: what is accepted, and what is made of it."""

import json
import re
from html import unescape

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
_TAG = re.compile(r"(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form"}
    | {"header", "hr", "li", "main", "nav", "ol", "option", "pre", "tr", "ul"}
)
_PARAGRAPHS = frozenset({"p", "section", "table"})
_CELLS = frozenset({"td", "th"})
_UNREAD = frozenset({"script", "style", "template", "noscript", "svg", "title"})
_COMMENT = "!--"
_BLANKS = re.compile(r"\s+")
_GAPS = re.compile(r"(?<![^\S\n])[^\S\n]*\n[^\S\n]*(?:\n\s*)?")
"""A run of blanks is tried from its beginning only, so that a row of empty cells is read once."""


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


def _text_of_page(page: str) -> str:
    """Its words; its headings become those of Markdown.

    It is cut at every `<` and read once, so that no page takes longer than its length. The library's parser looks for
    the end of each of a million open tags.
    """
    first, *pieces = page.split("<")
    parts = [_words(first)]
    skipped = ""
    for piece in pieces:
        if skipped == _COMMENT or (not skipped and piece.startswith(_COMMENT)):
            _, end, text = piece.partition("-->")
            skipped = "" if end else _COMMENT
            parts.append(_words(text))
            continue
        inner, end, text = piece.partition(">")
        tag = _TAG.match(inner)
        closes, name = (bool(tag[1]), tag[2].lower()) if tag else (False, "")
        if skipped:
            if closes and name == skipped:
                skipped = ""
                parts.append(_words(text))
        elif not tag and not inner.startswith(("!", "?", "/")):
            parts.append(_words(f"<{piece}"))
        elif end:
            skipped = name if name in _UNREAD and not closes and not inner.endswith("/") else ""
            parts += (_mark(name, closes=closes), "" if skipped else _words(text))
    return _GAPS.sub(_gap, "".join(parts)).strip()


def _mark(name: str, *, closes: bool) -> str:
    """What a tag is in the text."""
    if name in _HEADINGS:
        return "\n\n" if closes else f"\n\n{_HEADINGS[name]} "
    if name in _PARAGRAPHS:
        return "\n\n"
    return "\n" if name in _BLOCKS else " " if name in _CELLS else ""


def _words(text: str) -> str:
    return _BLANKS.sub(" ", unescape(text))


def _gap(found: re.Match[str]) -> str:
    return "\n" if found[0].count("\n") == 1 else "\n\n"
