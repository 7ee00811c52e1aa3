"""REST, pages, the console and what carriers ask, on the HTTP port: `python -m infra.local.api_process`."""

from dataclasses import replace

from api.app import create_app
from api.composition import Workers, dependencies_on
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.turn_credentials import TurnServers
from callauth.upload_forms import SignedUploadForms
from callcore.clock import SystemClock
from callnet.call_control import HttpCallControl, OwnerUrl, RoomUrl
from callstore.files import FilesBlobStore
from callstore.fixed_secrets import FixedSecrets
from callstore.sqlite.stores import SqliteStores
from infra.local.addresses import addresses_of
from infra.local.console import console_of
from infra.local.front import front
from infra.local.process import run_process, serve
from infra.local.served_by import served_by
from infra.local.settings import LocalSettings, inherited_environment
from infra.local.telephony import desk_of, sip_host_of, telephony_of
from infra.local.uploads import PATH as UPLOADS_PATH
from infra.local.uploads import uploads_app
from infra.local.websocket_proxy import WebSocketProxy
from playground.app import create_app as create_console
from telephony_webhook.app import create_app as create_desk
from widget_page.app import Dependencies as PageDependencies
from widget_page.app import create_app as create_pages
from widget_page.settings import Settings as PageSettings
from widget_page.settings import read_settings as read_page_settings


def main(settings: LocalSettings) -> None:
    """Serve until SIGTERM."""
    clock, addresses = SystemClock(), addresses_of(settings)
    with SqliteStores(settings.database, clock) as stores:
        secrets = FixedSecrets({INTERNAL_SECRET: settings.internal_secret})
        sign = InternalSigner(secrets, clock)
        control = HttpCallControl(OwnerUrl(stores.calls, stores.workers, clock), sign)
        reception = HttpCallControl(RoomUrl(stores.workers, clock), sign)
        blobs = FilesBlobStore(settings.blobs)

        def outbox_key() -> tuple[str]:
            return (settings.outbox_key,)

        telephony = telephony_of(settings, stores, clock)
        turn = TurnServers(settings.turn_urls.split(), settings.turn_username, lambda: settings.turn_secret)
        workers = Workers(control, reception, sip_host_of(settings, stores), turn)
        forms = SignedUploadForms(addresses.api_url + UPLOADS_PATH, settings.internal_secret, clock)
        api = create_app(
            dependencies_on(stores, blobs, addresses.api_url, clock, workers, telephony, outbox_key, forms)
        )
        telephone = create_desk(desk_of(settings, stores, clock, control))
        pages = create_pages(PageDependencies(stores.accounts.find_key, _page_settings(settings)))
        console = create_console(console_of(settings, stores, blobs, control, reception, clock))
        media = WebSocketProxy(addresses.media_here)
        uploads = uploads_app(forms, blobs)
        serve(front(api, pages, console, telephone, media, uploads), settings.host, settings.http_port)


def _page_settings(settings: LocalSettings) -> PageSettings:
    """Visitors of a site are not told who serves; who runs this on his own machine is."""
    told = "" if settings.public_url else served_by(inherited_environment())
    return replace(read_page_settings(), served_by=told)


if __name__ == "__main__":
    run_process("api", main)
