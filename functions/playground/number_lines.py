"""What the pages of numbers stand on."""

from typing import TYPE_CHECKING

from callauth.exchange import Exchange
from callauth.sealing import WORKER_KEY, Sealer
from callcore.desks.numbers import NumberDesk
from callcore.ports import Secrets
from callnet.trust import usual_trust
from carriers.number_lines import CarrierLines
from carriers.registry import CarrierApis, carriers_at

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores


def numbers_on(
    stores: "AwsStores | SqliteStores", exchange: Exchange, secrets: Secrets, apis: CarrierApis | None = None
) -> NumberDesk:
    """The desk over these stores; `apis` are those of copies of the carriers."""
    worker_seal = Sealer(lambda: (secrets.secret(WORKER_KEY),))
    carriers = carriers_at(apis or CarrierApis(), exchange.clock, usual_trust)
    lines = CarrierLines(carriers, exchange.urls, exchange.seal, worker_seal)
    return NumberDesk(stores.phones, stores.agents, lines, exchange.urls.media.check)
