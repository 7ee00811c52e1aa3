"""What the widget's pages tell a browser to allow (architecture.md 7; setup.md, cross-origin iframe). Pure."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_ORIGIN = re.compile(r"https?://[a-z0-9*.\[\]:_-]+", re.IGNORECASE | re.ASCII)
"""What may stand in frame-ancestors; anything else could end the directive and begin another."""

_ANY_PAGE = "* file: capacitor: chrome-extension: moz-extension:"
"""`*` matches network schemes only (CSP Level 3, 6.7.2.7): a local file, an app or an extension embeds too."""


def page_headers(frame_ancestors: str, media_url: str | None) -> Mapping[str, str]:
    """Security headers of a page; `frame_ancestors` comes from the function of that name."""
    return {
        "Content-Security-Policy": _content_security_policy(frame_ancestors, media_url),
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _content_security_policy(frame_ancestors: str, media_url: str | None) -> str:
    connect = ["'self'"]
    if media_url is not None:
        parts = urlsplit(media_url)
        # The sessions of /millis, and the offers of WebRTC.
        connect += [f"{scheme}://{parts.netloc}" for scheme in (parts.scheme, parts.scheme.replace("ws", "http", 1))]
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": " ".join(connect),
        "img-src": "'self'",
        "media-src": "'self'",
        "worker-src": "'self'",
        "frame-ancestors": frame_ancestors,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def frame_ancestors(origins: Sequence[str] | None) -> str:
    """The sources for a key's allowed origins: None = any page may embed, () = none may."""
    if origins is None:
        return _ANY_PAGE
    allowed = [origin for origin in origins if _ORIGIN.fullmatch(origin)]
    return " ".join(allowed) if allowed else "'none'"
