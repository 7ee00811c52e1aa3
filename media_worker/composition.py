"""The composition root: the only file that names concrete stores and decides which adapters serve a session."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.clock import Clock
from callcore.deliveries.outbox import PrivateReports
from callcore.ports import BlobStore
from callcore.wire.events import CALL_EVENTS_QUEUE
from callcore.workers.ports import WorkerRegistry
from callnet.call_control import HttpCallControl, OwnerUrl
from callnet.guarded import GuardedClient
from callstore.files import FilesBlobStore
from callstore.fixed_secrets import FixedSecrets
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.prefetch import Prefetch
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.voice_lists import VoiceLists
from media_worker.providers.webhook.prefetch import WebhookPrefetch
from media_worker.server.app import AsgiApp, create_app
from media_worker.server.ecs_task import EcsTask, HttpAgent, TaskProtection, read_task
from media_worker.server.internal import InternalEndpoint
from media_worker.server.load_report import LoadReport
from media_worker.server.public_address import read_public_address
from media_worker.server.reception import Reception
from media_worker.server.trials import Trials
from media_worker.server.voice_catalogue import VoiceCatalogue
from media_worker.server.worker_name import WorkerName
from media_worker.session.admission.admission import Admission
from media_worker.session.admission.doors import carrier_doors
from media_worker.session.admission.earlier_calls import EarlierCalls
from media_worker.session.admission.phone_admission import PhoneAdmission
from media_worker.session.admission.sip_calls import SipCalls
from media_worker.session.admission.upgrade_signatures import UpgradeSignatures
from media_worker.session.allowances import Allowances
from media_worker.session.casting.account_casting import AccountCasting
from media_worker.session.casting.agent_casting import Casting
from media_worker.session.clock import LoopClock, WorkerClock
from media_worker.session.journal import Stores
from media_worker.session.library import Library
from media_worker.session.sip_desk import SipDesk
from media_worker.session.supervisor import Capacity, Supervisor
from media_worker.session.webrtc_calls import WebRtcCalls
from media_worker.settings import WorkerSettings
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.sip.bound import Bound, bind
from media_worker.transports.sip.endpoint import Endpoint, SipTerms
from media_worker.transports.webrtc.terms import IceTerms

if TYPE_CHECKING:
    from callstore.aws.stores import AwsStores


@dataclass(frozen=True)
class Worker:
    """A composed worker process."""

    app: AsgiApp
    supervisor: Supervisor


@asynccontextmanager
async def compose(settings: WorkerSettings) -> AsyncIterator[Worker]:
    """A worker; leaving the context stops everything it owns."""
    clock = LoopClock()
    with _storage(settings, clock) as (stores, blobs), Library(stores.knowledge, blobs) as library:
        async with (
            SpeechPool(settings.recogniser_processes, settings.flite_dir) as recognisers,
            SpeechPool(settings.voice_processes, settings.flite_dir) as voices,
            GuardedClient(private=settings.allow_private_urls) as web,
            vendor_client() as http,
            _sip_place(settings, http) as sip_place,
        ):
            for pool in (recognisers, voices):
                pool.start()
            task = await read_task(http, settings.ecs_metadata_uri) if settings.ecs_metadata_uri else None
            registry = Registry(Resources(recognisers, voices, web, http, settings.vendors))
            await asyncio.to_thread(registry.load)
            written = _written(settings, stores, blobs)
            admission = _admission(settings, stores, WebhookPrefetch(web), clock, library, written.reports)
            name = _worker_name(settings, task, stores.workers, sip_place, clock)
            supervisor = Supervisor(
                admission,
                library.serving(_casting(settings, registry, clock)),
                written,
                clock,
                _capacity(settings, task, stores.workers, sip_place, name),
                Allowances(stores.day_totals, stores.running_calls, clock),
            )
            signatures = UpgradeSignatures(stores.phones, _seal(settings), stores.used_tokens, clock)
            doors = carrier_doors(PhoneAdmission(admission, settings.internal_secrets, signatures), clock)
            webrtc = WebRtcCalls(admission, stores.calls, supervisor, clock, await _ice_terms(settings, http))
            trials = Trials(registry, clock, supervisor.worker_id)
            app = create_app(supervisor, _internal(settings, stores, supervisor, webrtc, trials, clock), doors)
            catalogue = VoiceCatalogue(VoiceLists(settings.vendors, http), blobs)
            on_ecs = _on_ecs(settings, task, name, supervisor, http, clock)
            sip = _sip(settings, stores, supervisor, admission, clock, sip_place)
            async with _running(supervisor.run(), webrtc.run(), catalogue.run(), *sip, *on_ecs):
                yield Worker(app, supervisor)


@asynccontextmanager
async def _running(*parts: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """In tasks that end with the block."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part) for part in parts]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


def _capacity(
    settings: WorkerSettings,
    task: EcsTask | None,
    registry: WorkerRegistry,
    sip: "_SipPlace | None",
    name: WorkerName | None,
) -> Capacity:
    """What this process takes on; a task of ECS goes by the name and the address that ECS gave it."""
    worker_id = task.task_id if task else settings.worker_id
    url = f"http://{task.address}:{settings.media_port}" if task else settings.url

    def sip_host() -> str | None:
        return sip.at(name.host if name else sip.public_host) if sip else None

    return Capacity(settings.max_sessions, worker_id, registry, url, settings.max_late_percent, sip_host)


def _worker_name(
    settings: WorkerSettings,
    task: EcsTask | None,
    registry: WorkerRegistry,
    sip: "_SipPlace | None",
    clock: WorkerClock,
) -> WorkerName | None:
    """Of a task of ECS that is called by SIP, where there is a zone for it."""
    if task is None or sip is None or not settings.dns_zone:
        return None
    # Only here: on one machine boto3 is not installed.
    from callstore.aws.clients import aws_client
    from callstore.aws.route53 import Route53Names

    names = Route53Names(aws_client("route53"), settings.dns_zone, settings.dns_domain)
    return WorkerName(names, registry, clock, task.task_id, sip.public_host)


def _on_ecs(
    settings: WorkerSettings,
    task: EcsTask | None,
    name: WorkerName | None,
    supervisor: Supervisor,
    http: httpx2.AsyncClient,
    clock: WorkerClock,
) -> Iterator[Coroutine[None, None, None]]:
    """What a task of ECS does besides; nothing where there is none."""
    if name is not None:
        yield name.run()
    if task is not None:
        yield LoadReport(supervisor, clock, task.cluster).run()
    if settings.ecs_agent_uri:
        agent = HttpAgent(http, settings.ecs_agent_uri)
        yield TaskProtection(agent, lambda: supervisor.is_needed, clock).run()


async def _ice_terms(settings: WorkerSettings, http: httpx2.AsyncClient) -> IceTerms | None:
    """Where peers of WebRTC reach us; None: that is not known."""
    if settings.webrtc_public_address != "auto":
        return settings.ice_terms()
    found = await read_public_address(http)
    return settings.ice_terms(found) if found else None


@dataclass(frozen=True)
class _SipPlace:
    """Where SIP calls come in."""

    bound: Bound
    public_host: str

    def at(self, host: str) -> str:
        """As carriers are told, by that name or address of ours."""
        return f"[{host}]:{self.bound.port}" if ":" in host else f"{host}:{self.bound.port}"


@asynccontextmanager
async def _sip_place(settings: WorkerSettings, http: httpx2.AsyncClient) -> AsyncIterator[_SipPlace | None]:
    """None: no calls come in, because nobody wants them or because peers could not be told where we are."""
    host: str | None = str(settings.sip_public_address or settings.sip_address)
    if host == "auto":
        host = await read_public_address(http)
    if not settings.sip_address or host is None:
        yield None
    else:
        with bind(settings.sip_address, settings.sip_port) as bound:
            yield _SipPlace(bound, host)


def _sip(
    settings: WorkerSettings,
    stores: "AwsStores | SqliteStores",
    supervisor: Supervisor,
    admission: Admission,
    clock: WorkerClock,
    place: _SipPlace | None,
) -> Iterator[Coroutine[None, None, None]]:
    """What takes SIP calls; nothing where none come in."""
    if place is not None and admission.reports is not None:
        addresses = stores.sip_tokens, stores.sip_addresses
        calls = SipCalls(admission, stores.calls, admission.reports, *addresses, _seal(settings))
        desk = SipDesk(calls, supervisor, RtpPorts(settings.sip_address, *settings.rtp_range), clock)
        terms = SipTerms(place.public_host, settings.sip_trusted_networks)
        yield Endpoint(terms, place.bound, clock, desk.take).run()


def _admission(
    settings: WorkerSettings,
    stores: "AwsStores | SqliteStores",
    prefetch: Prefetch,
    clock: Clock,
    library: Library,
    reports: PrivateReports | None,
) -> Admission:
    """Who may begin a session."""
    return Admission(
        stores.accounts,
        stores.agents,
        stores.call_log,
        stores.used_tokens,
        prefetch,
        clock,
        settings.own_origins,
        EarlierCalls(stores.calls, stores.checkpoints, clock),
        knows=library.known,
        reports=reports,
    )


def _casting(settings: WorkerSettings, registry: Registry, clock: WorkerClock) -> AccountCasting:
    """Who serves, with the keys of accounts that have their own."""

    def cast(registry: Registry) -> Casting:
        return Casting(registry, clock, private=settings.allow_private_urls)

    return AccountCasting(registry, cast, _seal(settings))


def _seal(settings: WorkerSettings) -> Sealer:
    """Of what workers may open."""
    return Sealer(lambda: (settings.worker_key,))


def _written(settings: WorkerSettings, stores: "AwsStores | SqliteStores", blobs: BlobStore) -> Stores:
    """Where sessions leave what they leave."""
    reports = SealedReports(stores.outbox, lambda: (settings.outbox_key,)) if settings.outbox_key else None
    queue = stores.queue(CALL_EVENTS_QUEUE)
    return Stores(stores.calls, stores.checkpoints, queue, blobs, reports, stores.call_changes)


@contextmanager
def _storage(settings: WorkerSettings, clock: Clock) -> Iterator[tuple["AwsStores | SqliteStores", BlobStore]]:
    """The stores and blobs of AWS, or those of this machine."""
    if settings.table:
        # Only here: on one machine boto3 is not installed.
        from callstore.aws.clients import aws_client
        from callstore.aws.s3 import S3BlobStore
        from callstore.aws.stores import AwsStores

        blobs = S3BlobStore(aws_client("s3"), settings.bucket)
        queues = {CALL_EVENTS_QUEUE: settings.call_events_queue}
        with AwsStores(settings.table, queues, clock, blobs=blobs, outbox_table=settings.outbox_table) as on_aws:
            yield on_aws, blobs
    else:
        with SqliteStores(settings.database, clock) as here:
            yield here, FilesBlobStore(settings.blobs)


def _internal(
    settings: WorkerSettings,
    stores: "AwsStores | SqliteStores",
    supervisor: Supervisor,
    webrtc: WebRtcCalls,
    trials: Trials,
    clock: Clock,
) -> InternalEndpoint:
    secrets = FixedSecrets({INTERNAL_SECRET: settings.internal_secret})
    sign = InternalSigner(secrets, clock)
    forward = HttpCallControl(OwnerUrl(stores.calls, stores.workers, clock), sign, forwarding=True)
    reception = Reception(supervisor.worker_id, webrtc, stores.workers, sign, clock)
    used, valid = stores.used_tokens, settings.internal_secrets
    return InternalEndpoint(supervisor, forward, valid, used, clock, reception, trials)
