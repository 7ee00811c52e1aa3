"""What the dialler stands on: the same ports, over the stores of AWS or of this machine."""

from typing import TYPE_CHECKING

from call_events.dialler import Dialler
from callauth.exchange import Exchange
from carriers.registry import CarrierApis, carriers_at

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws import AwsStores
    from callstore.sqlite import SqliteStores


def dialler_on(stores: "AwsStores | SqliteStores", exchange: Exchange, apis: CarrierApis | None = None) -> Dialler:
    """What places calls; `apis` are those of copies of the carriers."""
    return Dialler(
        accounts=stores.accounts,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        controls=carriers_at(apis or CarrierApis(), exchange.clock),
        exchange=exchange,
    )
