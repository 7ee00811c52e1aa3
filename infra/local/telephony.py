"""What telephone calls stand on, on this machine."""

from collections.abc import Callable

from api.composition import telephony_on
from api.telephony import Telephony
from call_events.composition import placing_on
from call_events.placing import Placing
from callauth.carrier_urls import TELEPHONY_KEY
from callauth.exchange import Exchange, exchange_of
from callauth.internal import INTERNAL_SECRET
from callauth.private_reports import SealedReports
from callauth.sealing import WORKER_KEY
from callcore.clock import Clock
from callcore.desks.numbers import NumberDesk
from callcore.regions import MediaHosts
from callcore.wire.call_control import CallControl
from callstore.fixed_secrets import FixedSecrets
from callstore.sqlite.stores import SqliteStores
from carriers.registry import CarrierApis
from infra.local.addresses import addresses_of
from infra.local.settings import LocalSettings
from playground.number_lines import numbers_on
from telephony_webhook.composition import desk_on
from telephony_webhook.desk import Desk


def telephony_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> Telephony:
    """What the REST API orders and imports with. The dialler looks often enough by itself."""
    exchange = _exchange(settings, clock)
    return telephony_on(stores, exchange, _secrets(settings), wake=lambda: None, apis=_apis(settings))


def sip_host_of(settings: LocalSettings, stores: SqliteStores) -> Callable[[], str]:
    """Where permanent SIP addresses lead to: the only worker stays where it is."""

    def host() -> str:
        hosts = (worker.sip_host for worker in stores.workers.list_workers())
        return settings.sip_host or next(filter(None, hosts), "")

    return host


def numbers_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> NumberDesk:
    """What the console imports numbers with."""
    return numbers_on(stores, _exchange(settings, clock), _secrets(settings), _apis(settings))


def desk_of(settings: LocalSettings, stores: SqliteStores, clock: Clock, control: CallControl) -> Desk:
    """What answers carriers."""
    return desk_on(stores, _exchange(settings, clock), control)


def placing_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> Placing:
    """What places calls, and orders those of campaigns."""
    private = SealedReports(stores.outbox, lambda: (settings.outbox_key,))
    return placing_on(stores, _exchange(settings, clock), private, _apis(settings))


def _exchange(settings: LocalSettings, clock: Clock) -> Exchange:
    addresses = addresses_of(settings)
    media = MediaHosts.at(addresses.media_url, settings.media_urls)
    return exchange_of(_secrets(settings), addresses.api_url, media, clock)


def _secrets(settings: LocalSettings) -> FixedSecrets:
    return FixedSecrets(
        {
            INTERNAL_SECRET: settings.internal_secret,
            TELEPHONY_KEY: settings.telephony_key,
            WORKER_KEY: settings.worker_key,
        }
    )


def _apis(settings: LocalSettings) -> CarrierApis:
    return CarrierApis(settings.twilio_url, settings.vonage_url, settings.vonage_numbers_url)
