"""Makes a segment of a reply something that any voice can say: no markup, no emoji, no invisible characters.

The reply's own text keeps them (it is shown and remembered as the model wrote it); a voice never gets them. What a
certain voice cannot say beyond that is its adapter's business.
"""

import re
from difflib import SequenceMatcher

_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$|^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+[ \t]*$", re.MULTILINE)
_LINE_START = re.compile(r"^[ \t]*(?:```\w*|~~~\w*|(?:#{1,6}|>+|[-*+•◦▪‣])[ \t]+(?:\[[ xX]\][ \t]+)?)", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_CELL_BORDER = re.compile(r"[ \t]*\|[ \t]*")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")
_EMPHASIS = re.compile(r"(?<!\d )\*|\*(?! \d)|`|~~|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)")
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=8]'?-?[()DPpOo/|\\]|<3|\^\^)(?!\S)")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\u20e3\ufe00-\ufe0f\U000e0020-\U000e007f]+(?:\u200d[\U0001f000-\U0001faff\u2190-\u2bff\ufe0f]+)*"
)
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffc\ufffd]"
)
_SAYS_SOMETHING = re.compile(r"\w")


def speakable(text: str) -> str:
    """The text on one line, with nothing in it that is meant for the eye; "" when nothing is left to say."""
    plain = _AUTOLINK.sub(r"\1", _INVISIBLE.sub("", text))
    plain = _LINE_START.sub("", _RULE.sub("", _LINK.sub(r"\1", plain)))
    plain = _TABLE_ROW.sub(lambda row: _CELL_BORDER.sub(", ", row[1].strip(" \t|")), plain)
    plain = _EMOJI.sub(" ", _EMOTICON.sub(" ", plain))
    plain = _EMPHASIS.sub("", _ESCAPED.sub(r"\1", _TAG.sub("", plain)))
    spoken = " ".join(plain.split())
    return spoken if _SAYS_SOMETHING.search(spoken) else ""


def position_in(text: str, spoken: str, position: int) -> int:
    """Where in `text` that is which stands at this position in `spoken`, its speakable form."""
    if spoken == text:
        return position
    for start, spoken_start, size in SequenceMatcher(None, text, spoken, autojunk=False).get_matching_blocks():
        if position < spoken_start:
            return start
        if position <= spoken_start + size:
            return start + position - spoken_start
    return len(text)
