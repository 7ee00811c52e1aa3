"""What telephone calls stand on, on this machine."""

from api.telephony import Telephony
from call_events.dialler import Dialler
from callauth.carrier_urls import CarrierUrls
from callauth.sealing import Sealer
from callcore.clock import Clock
from callstore.sqlite import SqliteStores
from carriers.registry import CarrierApis, carriers_at
from infra.local.addresses import addresses_of
from infra.local.settings import LocalSettings
from telephony_webhook.desk import Desk


def telephony_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> Telephony:
    """What the REST API orders and imports with. The dialler looks often enough by itself."""
    carriers = carriers_at(_apis(settings), clock)
    worker_seal = Sealer(lambda: (settings.worker_key,))
    seal, urls = _seal(settings), _urls(settings)
    return Telephony(stores.call_changes, carriers, carriers, seal, worker_seal, urls, wake=lambda: None)


def desk_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> Desk:
    """What answers carriers."""
    return Desk(
        accounts=stores.accounts,
        agents=stores.agents,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        used=stores.used_tokens,
        seal=_seal(settings),
        urls=_urls(settings),
        stream_secret=lambda: settings.internal_secret,
        clock=clock,
    )


def dialler_of(settings: LocalSettings, stores: SqliteStores, clock: Clock) -> Dialler:
    """What places calls."""
    return Dialler(
        accounts=stores.accounts,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        controls=carriers_at(_apis(settings), clock),
        seal=_seal(settings),
        urls=_urls(settings),
        stream_secret=lambda: settings.internal_secret,
        clock=clock,
    )


def _urls(settings: LocalSettings) -> CarrierUrls:
    addresses = addresses_of(settings)
    return CarrierUrls(
        addresses.api_url, addresses.media_url.removesuffix("/millis"), lambda: (settings.telephony_key,)
    )


def _seal(settings: LocalSettings) -> Sealer:
    return Sealer(lambda: (settings.telephony_key,))


def _apis(settings: LocalSettings) -> CarrierApis:
    return CarrierApis(settings.twilio_url, settings.vonage_url, settings.vonage_numbers_url)
