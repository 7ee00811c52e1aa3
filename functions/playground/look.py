"""How an agent's widget looks on a site: as a form has it, as attributes of the script, as the iframe's `c=`. Pure."""

import base64
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from playground.fields import Field, Kind, Section, value_at

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SIZES = (24, 600)
MAX_TITLE_CHARS = 80
MAX_TERMS_CHARS = 4_000

LOOK = (
    Section(
        "Look",
        (
            Field(
                ("attributes", "variant"),
                "Form",
                "",
                Kind.CHOICE,
                (("", "A round button"), ("compact", "A launcher that opens a panel"), ("full", "A panel")),
            ),
            Field(
                ("placement",),
                "Place",
                "Of the script; an iframe stands where you put it.",
                Kind.CHOICE,
                (
                    ("", "Where the script stands"),
                    ("bottom-right", "Bottom right of the window"),
                    ("bottom-left", "Bottom left of the window"),
                ),
            ),
            Field(
                ("attributes", "theme"),
                "Theme",
                "",
                Kind.CHOICE,
                (("", "As the page or the visitor's system"), ("light", "Light"), ("dark", "Dark")),
            ),
            Field(("buttonCss",), "Colour of the button", "As #2c54cc. Empty: ours."),
            Field(("titles", "idle"), "Words in the button", "Empty: in the visitor's language."),
            Field(("size",), "Size of the button", "From 24 to 600. Empty: the usual one.", Kind.NUMBER, unit="px"),
        ),
    ),
    Section(
        "Behaviour",
        (
            Field(
                ("attributes", "language"),
                "Language",
                "",
                Kind.CHOICE,
                (
                    ("", "The visitor's"),
                    *(
                        (code, name)
                        for code, name in (
                            ("ar", "العربية"),
                            ("de", "Deutsch"),
                            ("en", "English"),
                            ("es", "Español"),
                            ("fr", "Français"),
                            ("it", "Italiano"),
                            ("ja", "日本語"),
                            ("nl", "Nederlands"),
                            ("pl", "Polski"),
                            ("pt", "Português"),
                            ("zh", "中文"),
                        )
                    ),
                ),
            ),
            Field(("transcript",), "Captions of both sides", "", Kind.FLAG, default=True),
            Field(("attributes", "text-input"), "Typing beside speaking", "", Kind.FLAG),
            Field(
                ("attributes", "consent-text"),
                "Terms to agree to before the first call",
                "Empty: none.",
                Kind.LONG,
            ),
        ),
    ),
)
"""The fields of the form; their paths are those of the stored look (widget/README.md)."""

_BUTTON = "background: "


def form_of(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """The stored look as the form has it: a colour for the declaration that we write, text for flags of attributes."""
    look = dict(stored or {})
    css = str(look.get("buttonCss") or "")
    if css.startswith(_BUTTON) and _COLOUR.fullmatch(css.removeprefix(_BUTTON)):
        look["buttonCss"] = css.removeprefix(_BUTTON)
    attributes = dict(look.get("attributes") or {})
    if "text-input" in attributes:
        attributes["text-input"] = attributes["text-input"] not in ("false", False)
        look["attributes"] = attributes
    return look


def look_of(form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is stored of what the form has, and what is wrong with it, by the names of the fields."""
    look, wrong = dict(form), {}
    colour = str(look.get("buttonCss") or "")
    if _COLOUR.fullmatch(colour):
        look["buttonCss"] = f"{_BUTTON}{colour}"
    elif colour and ":" not in colour:
        wrong["buttonCss"] = "A colour looks like #2c54cc; declarations of CSS hold a colon."
    size, (smallest, largest) = look.get("size"), SIZES
    if size is not None and not (isinstance(size, int | float) and smallest <= size <= largest):
        wrong["size"] = f"From {smallest} to {largest} pixels."
    for path, limit in ((("titles", "idle"), MAX_TITLE_CHARS), (("attributes", "consent-text"), MAX_TERMS_CHARS)):
        if len(str(value_at(look, path) or "")) > limit:
            wrong[".".join(path)] = f"At most {limit} characters."
    attributes = {name: value for name, value in dict(look.get("attributes") or {}).items() if value is not False}
    if attributes.get("text-input") is True:
        attributes["text-input"] = ""
    look = {name: value for name, value in look.items() if name != "attributes"}
    return (look | {"attributes": attributes} if attributes else look), wrong


def encoded(look: Mapping[str, Any]) -> str:
    """The `c` parameter of the iframe's page; empty when there is nothing to say."""
    said = {name: value for name, value in look.items() if name != "placement"}
    if not said:
        return ""
    packed = zlib.compress(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def attributes_of(look: Mapping[str, Any]) -> dict[str, str]:
    """The same as attributes of the element."""
    attributes = {str(name): str(value) for name, value in dict(look.get("attributes") or {}).items()}
    if look.get("placement"):
        attributes["placement"] = str(look["placement"])
    rest = {name: value for name, value in look.items() if name not in ("attributes", "placement", "transcript")}
    if look.get("transcript") is False:
        attributes["transcript"] = "false"
    if rest:
        attributes["look"] = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    return attributes
