"""What workers of tests are made of."""

from callauth.private_reports import SealedReports
from callcore.accounts.account import Account
from callcore.clock import Clock
from callcore.opening.plan import SessionPlan
from callstore.aws.stores import AwsStores
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.prefetch import Prefetch
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.admission.admission import Admission
from media_worker.session.admission.earlier_calls import EarlierCalls
from media_worker.session.casting.providers import Providers
from tests.peers.customer_web import NoPrefetch


def admission_on(
    stores: SqliteStores | AwsStores,
    clock: Clock,
    reports: SealedReports | None = None,
    prefetch: Prefetch | None = None,
) -> Admission:
    """Who is let in; without `prefetch` no agent has a webhook for it."""
    earlier = EarlierCalls(stores.calls, stores.checkpoints, clock)
    accounts, agents, log, used = stores.accounts, stores.agents, stores.call_log, stores.used_tokens
    return Admission(accounts, agents, log, used, prefetch or NoPrefetch(), clock, (), earlier, reports=reports)


async def scripted(plan: SessionPlan, account: Account) -> Providers:
    """Everybody is served by the scripted providers."""
    return Providers(stt.create(), llm.create(), tts.create(), vad.create())
