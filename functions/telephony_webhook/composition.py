"""What the desk stands on: the same ports, over the stores of AWS or of this machine."""

from typing import TYPE_CHECKING

from callauth.exchange import Exchange
from callcore.wire.call_control import CallControl
from telephony_webhook.desk import Desk

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores


def desk_on(stores: "AwsStores | SqliteStores", exchange: Exchange, control: CallControl) -> Desk:
    """What answers carriers."""
    return Desk(
        accounts=stores.accounts,
        agents=stores.agents,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        used=stores.used_tokens,
        exchange=exchange,
        control=control,
    )
