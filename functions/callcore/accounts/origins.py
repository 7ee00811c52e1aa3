"""Origins of pages, as their owners write them and as browsers do. Pure."""

import re
import unicodedata

_HOST_AND_PORT = re.compile(r"(.*?)(:(?:[0-9]+|\*))?", re.DOTALL)
_DOT = re.compile("[.\u3002\uff0e\uff61]")
"""What separates the labels of a name (UTS 46 2.3)."""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def plain_origin(origin: str) -> str:
    """An origin as browsers tell it (RFC 6454 6.2): lower case, its host in ASCII, no default port, no slash."""
    text = origin.strip().rstrip("/")
    scheme, found, rest = text.partition("://")
    matched = _HOST_AND_PORT.fullmatch(rest)
    if not found or matched is None:
        return text.lower()
    scheme, host, port = scheme.lower(), matched[1], matched[2] or ""
    shown_port = "" if port == _DEFAULT_PORTS.get(scheme) else port
    return f"{scheme}://{'.'.join(map(_ascii_label, _DOT.split(host)))}{shown_port}"


def _ascii_label(label: str) -> str:
    """As UTS 46 maps it, without its transition: what Python's own codec does (IDNA 2003) would make ß an ss."""
    # Letter by letter: the lower case of a word would end it in another sigma.
    plain = unicodedata.normalize("NFKC", "".join(letter.lower() for letter in label))
    return plain if plain.isascii() else "xn--" + plain.encode("punycode").decode("ascii")
