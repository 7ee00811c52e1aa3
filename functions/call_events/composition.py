"""What placing calls stands on: the same ports, over the stores of AWS or of this machine."""

from typing import TYPE_CHECKING

from call_events.campaign_calls import CampaignCalls
from call_events.campaign_tick import CampaignTick
from call_events.dialler import Dialler
from call_events.placing import Placing
from callauth.exchange import Exchange
from callcore.deliveries.outbox import PrivateReports
from callnet.trust import usual_trust
from carriers.registry import CarrierApis, carriers_at

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores


def placing_on(
    stores: "AwsStores | SqliteStores", exchange: Exchange, private: PrivateReports, apis: CarrierApis | None = None
) -> Placing:
    """What places calls; `apis` are those of copies of the carriers."""
    tick = CampaignTick(
        campaigns=stores.campaigns,
        dial_list=stores.dial_list,
        accounts=stores.accounts,
        phones=stores.phones,
        agents=stores.agents,
        day_totals=stores.day_totals,
        workers=stores.workers,
        private=private,
        clock=exchange.clock,
    )
    dialler = Dialler(
        accounts=stores.accounts,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        controls=carriers_at(apis or CarrierApis(), exchange.clock, usual_trust),
        exchange=exchange,
        campaign_calls=CampaignCalls(stores.campaigns, stores.dial_list),
    )
    return Placing(stores.calls, tick, dialler)
