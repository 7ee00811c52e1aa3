"""What the console stands on: the same ports, over the stores of AWS or of this machine."""

from typing import TYPE_CHECKING

from callcore.clock import Clock
from callcore.desks.agent_edits import AgentEdits
from callcore.desks.campaigns import CampaignDesk
from callcore.desks.knowledge import KnowledgeDesk, NoUploads
from callcore.desks.numbers import NumberDesk
from callcore.wire.call_control import CallControl
from playground.console import Console
from playground.records import Records
from playground.views import Views

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores


def console_on(
    stores: "AwsStores | SqliteStores",
    records: Records,
    numbers: NumberDesk,
    workers: CallControl,
    views: Views,
    public_url: str,
    media_url: str,
    clock: Clock,
) -> Console:
    """The console over these stores, which no one-time link opens; elsewhere than on AWS it may be given one."""
    return Console(
        accounts=stores.accounts,
        credentials=stores.credentials,
        agents=stores.agents,
        edits=AgentEdits(stores.agents, stores.agents, stores.agent_versions, stores.disabled_webhooks, clock),
        versions=stores.agent_versions,
        sessions=stores.console_sessions,
        signed_in=stores.signed_in,
        used=stores.used_tokens,
        records=records,
        numbers=numbers,
        campaigns=CampaignDesk(stores.campaigns, stores.campaign_records, stores.phones, stores.agents, _nobody),
        knowledge=KnowledgeDesk(stores.knowledge, records.blobs, NoUploads(), clock),
        workers=workers,
        views=views,
        clock=clock,
        public_url=public_url,
        media_url=media_url,
    )


def _nobody() -> None:
    """Who places calls looks by himself within a minute."""
