"""The iframe's page, the loader and the widget's static files over HTTP.

As a function it starts while a visitor waits, so it stands on Starlette alone: FastAPI and pydantic would take
longer to load than everything else here together (tests/integration/lambda_functions/test_budgets.py).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from callauth.keys import hash_key
from callcore.accounts.account import KeyKind, KeyRecord
from callcore.accounts.origins import plain_origin
from callcore.errors import CallError, InvalidInput
from callcore.metadata import parse_page_query
from widget_page.assets import TAG_CHARS, Asset, Assets, load_assets
from widget_page.page import Pages
from widget_page.policy import frame_ancestors, page_headers
from widget_page.settings import Settings

_REVALIDATE = "no-cache"
_NEVER_STORE = "no-store"
_SHARED = "public, max-age=0, s-maxage=60"
"""Caches between us and the browser keep the page so long, under its whole URL: `k` decides who may embed it."""
_FOR_EVER = "public, max-age=31536000, immutable"
_FROM_ANYWHERE = {
    # Other sites import the modules and load the worklets; nothing here depends on who asks.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Dependencies:
    """What the pages work with."""

    find_key: Callable[[str], KeyRecord | None]
    """`AccountStore.find_key`."""
    settings: Settings


def create_app(dependencies: Dependencies) -> Starlette:
    """The pages as an application. Raises FileNotFoundError when the assets are not there."""
    settings = dependencies.settings
    assets = load_assets(settings.assets_dir / "static")
    pages = Pages(settings.assets_dir / "templates", assets, settings.page_media_url, settings.served_by)

    # Not async: looking a key up is synchronous, so that this runs in a thread.
    def embedded(request: Request) -> Response:
        return _embedded_page(request, pages, dependencies)

    async def loader(request: Request) -> Response:
        return _file(request, assets.files["embed.js"], _REVALIDATE)

    async def static(request: Request) -> Response:
        return _static(request, assets, request.path_params["path"])

    # A GET route answers HEAD as well.
    routes = [Route("/agents/embedded", embedded), Route("/embed.js", loader), Route("/widget/{path:path}", static)]
    return Starlette(routes=routes)


def _embedded_page(request: Request, pages: Pages, dependencies: Dependencies) -> Response:
    media_url = dependencies.settings.page_media_url
    notice_headers = {"Cache-Control": _NEVER_STORE, **page_headers(frame_ancestors(None), media_url)}
    try:
        query = parse_page_query(request.url.query)
        origins = _origins_of_key(query.public_key, dependencies.find_key)
    except InvalidInput as error:
        reason = str(error)
        text = f"{reason[:1].upper()}{reason[1:]}."
        return HTMLResponse(pages.notice("This call page cannot open.", text), 400, notice_headers)
    except CallError:
        text = "Please load it again in a moment."
        return HTMLResponse(pages.notice("This call page has a problem.", text), 503, notice_headers)
    page = pages.embedded(query, origins)
    ancestors = frame_ancestors(origins)
    security = page_headers(ancestors, media_url)
    if query.metadata or query.token:
        return HTMLResponse(page, headers={"Cache-Control": _NEVER_STORE, **security})
    digest = hashlib.sha256(f"{ancestors}\n{page}".encode()).hexdigest()[:TAG_CHARS]
    headers = {"Cache-Control": _SHARED, "ETag": f'"{digest}"', **security}
    return _not_modified(request, headers) or HTMLResponse(page, headers=headers)


def _origins_of_key(public_key: str, find_key: Callable[[str], KeyRecord | None]) -> Sequence[str] | None:
    """Who may embed; None is everybody. A key that opens nothing is any page's: the session says that it is refused."""
    record = find_key(hash_key(public_key))
    if record is None or record.kind is not KeyKind.PUBLIC or record.revoked_at is not None:
        return None
    origins = record.policy.origins
    # As key_policy compares them, and as browsers tell and match them: a key holds what its owner wrote.
    return None if origins is None else tuple(map(plain_origin, origins))


def _static(request: Request, assets: Assets, path: str) -> Response:
    versioned, _, rest = path.partition("/")
    if versioned == assets.digest:
        name, caching = rest, _FOR_EVER
    elif path in assets.files:
        name, caching = path, _REVALIDATE
    else:
        # A page of another version: it gets today's files, as one consistent set, and keeps none.
        name, caching = rest, _NEVER_STORE
    asset = assets.files.get(name)
    if asset is None:
        return Response("Not found\n", 404, _FROM_ANYWHERE, "text/plain; charset=utf-8")
    return _file(request, asset, caching)


def _file(request: Request, asset: Asset, caching: str) -> Response:
    headers = {**_FROM_ANYWHERE, "Cache-Control": caching, "ETag": asset.etag}
    return _not_modified(request, headers) or Response(asset.body, media_type=asset.content_type, headers=headers)


def _not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """What to answer a browser that holds what has the `ETag` of these headers."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=headers) if headers["ETag"] in known else None
