"""Serves a page that drives a client: the unmodified npm package `@millisai/web-sdk`, or our own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.peers.web import site

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "widget" / "node_modules"
"""Filled by `npm ci --prefix widget`."""
SDK = NODE_MODULES / "@millisai" / "web-sdk" / "package.json"
CLIENTS = ("1.0.13", "1.0.15", "parley")
"""What the page can drive: versions of the reference client, and ours."""


@contextmanager
def sdk_page() -> Iterator[str]:
    """Serve it on a free loopback port; gives the origin. The package must be installed (see `SDK`)."""
    with site() as served:
        served.files = {
            "/node_modules/": NODE_MODULES,
            "/sdk/": ROOT / "widget" / "static" / "sdk",
            "/": ROOT / "tests" / "e2e" / "sdk_page",
        }
        yield served.origin


def sdk_url(
    origin: str,
    media_url: str,
    public_key: str,
    agent_id: str,
    metadata: Mapping[str, Any] | None = None,
    *,
    client: str = "1.0.15",
    start: Sequence[Any] | None = None,
    config: Mapping[str, Any] | None = None,
) -> str:
    """The page's address for a call of one of `CLIENTS`; `start` are the arguments of its method.

    In the page: buttons #start and #stop, and the list `window.events`.
    """
    parameters = {"endPoint": media_url, "publicKey": public_key, "agent": agent_id, "client": client}
    for name, value in {"metadata": metadata, "start": start, "config": config}.items():
        if value is not None:
            parameters[name] = json.dumps(value)
    return f"{origin}/index.html?{urlencode(parameters)}"
