"""The examples of the SDK's README, as files."""

import re
from pathlib import Path

README = Path(__file__).parents[3] / "widget" / "static" / "sdk" / "README.md"
_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^(?:`(\S+)`\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(section: str) -> dict[str, str]:
    """What stands in the section's blocks, by their file names; one without a name is called by its language."""
    (text,) = (body for title, body in _SECTION.findall(README.read_text()) if title == section)
    return {name or language: code for name, language, code in _BLOCK.findall(text)}


def plain_html() -> str:
    return blocks("Plain HTML")["html"]


def react() -> str:
    return blocks("React")["tsx"]


def vue() -> str:
    return blocks("Vue")["vue"]


def extension() -> dict[str, str]:
    """The files of the browser extension."""
    return blocks("A browser extension (manifest v3)")
