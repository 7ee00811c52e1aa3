"""The iframe's page, the loader and the widget's static files over HTTP."""

from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from callauth.keys import hash_key
from callcore.accounts import KeyKind
from callcore.errors import CallError, InvalidInput
from callcore.metadata import parse_page_query
from callcore.ports import AccountStore
from widget_page.assets import Asset, Assets, load_assets
from widget_page.page import Pages
from widget_page.policy import frame_ancestors, page_headers
from widget_page.settings import Settings

_REVALIDATE = "no-cache"
_NEVER_STORE = "no-store"
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

    accounts: AccountStore
    settings: Settings


def create_app(dependencies: Dependencies) -> FastAPI:
    """The pages alone as an application. Raises FileNotFoundError when the assets are not there."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(page_routes(dependencies))
    return app


def page_routes(dependencies: Dependencies) -> APIRouter:
    """The pages for an application that serves more; include it before `/agents/{id}`."""
    settings = dependencies.settings
    assets = load_assets(settings.assets_dir / "static")
    pages = Pages(settings.assets_dir / "templates", assets, settings.page_media_url)
    router = APIRouter(include_in_schema=False)

    # Not async: the account store is synchronous, so that this runs in a thread.
    @router.api_route("/agents/embedded", methods=["GET", "HEAD"])
    def embedded(request: Request) -> Response:
        return _embedded_page(request.url.query, pages, dependencies)

    @router.api_route("/embed.js", methods=["GET", "HEAD"])
    async def loader(request: Request) -> Response:
        return _file(request, assets.files["embed.js"], _REVALIDATE)

    @router.api_route("/widget/{path:path}", methods=["GET", "HEAD"])
    async def static(request: Request, path: str) -> Response:
        return _static(request, assets, path)

    return router


def _embedded_page(query_text: str, pages: Pages, dependencies: Dependencies) -> Response:
    media_url = dependencies.settings.page_media_url
    notice_headers = {"Cache-Control": _NEVER_STORE, **page_headers(frame_ancestors(None), media_url)}
    try:
        query = parse_page_query(query_text)
        ancestors = _ancestors_of_key(query.public_key, dependencies.accounts)
    except InvalidInput as error:
        reason = str(error)
        text = f"{reason[:1].upper()}{reason[1:]}."
        return HTMLResponse(pages.notice("This call page cannot open.", text), 400, notice_headers)
    except CallError:
        text = "Please load it again in a moment."
        return HTMLResponse(pages.notice("This call page has a problem.", text), 503, notice_headers)
    personal = query.metadata or query.token
    caching = _NEVER_STORE if personal else _REVALIDATE
    headers = {"Cache-Control": caching, **page_headers(ancestors, media_url)}
    return HTMLResponse(pages.embedded(query), headers=headers)


def _ancestors_of_key(public_key: str, accounts: AccountStore) -> str:
    """Who may embed. A key that opens nothing is any page's to embed: the session says that it is refused."""
    record = accounts.find_key(hash_key(public_key))
    if record is None or record.kind is not KeyKind.PUBLIC or record.revoked_at is not None:
        return frame_ancestors(None)
    return frame_ancestors(record.policy.origins)


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
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if asset.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.content_type, headers=headers)
