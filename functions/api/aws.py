"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from dataclasses import dataclass

from api.composition import dependencies_on
from api.dependencies import Dependencies
from api.settings import FunctionSettings
from api.telephony import Telephony
from callauth.carrier_urls import TELEPHONY_KEY, CarrierUrls
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.private_reports import OUTBOX_KEY
from callauth.sealing import WORKER_KEY, Sealer
from callcore.clock import Clock
from callcore.errors import WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callcore.ports import Secrets
from callcore.wire.events import CALL_EVENTS_QUEUE, CallsOrdered
from callnet.call_control import HttpCallControl
from callstore.aws import AwsStores
from callstore.aws_clients import LateClient
from callstore.aws_secrets import AwsSecrets
from callstore.s3 import S3BlobStore
from carriers.registry import CarrierApis, carriers_at


def compose(settings: FunctionSettings, api_url: str, clock: Clock) -> Dependencies:
    """The ports on AWS."""
    blobs = S3BlobStore(LateClient("s3"), settings.bucket)
    queues = {CALL_EVENTS_QUEUE: settings.call_events_queue}
    stores = AwsStores(settings.table, queues, clock, blobs=blobs, outbox_table=settings.outbox_table)
    names = {
        INTERNAL_SECRET: settings.internal_secret,
        OUTBOX_KEY: settings.outbox_key,
        TELEPHONY_KEY: settings.telephony_key,
        WORKER_KEY: settings.worker_key,
    }
    secrets = AwsSecrets(LateClient("secretsmanager"), names)
    control = HttpCallControl(Workers(settings.workers_url), InternalSigner(secrets, clock))
    telephony = _telephony(stores, secrets, api_url, settings.media_url.removesuffix("/millis"), clock)
    return dependencies_on(stores, blobs, api_url, clock, control, telephony, lambda: (secrets.secret(OUTBOX_KEY),))


def _telephony(stores: AwsStores, secrets: Secrets, api_url: str, media_url: str, clock: Clock) -> Telephony:
    def keys() -> tuple[str]:
        return (secrets.secret(TELEPHONY_KEY),)

    def wake() -> None:
        stores.queue(CALL_EVENTS_QUEUE).send(CallsOrdered(type="calls_ordered").model_dump_json())

    carriers = carriers_at(CarrierApis(), clock)
    urls = CarrierUrls(api_url, media_url, keys)
    worker_seal = Sealer(lambda: (secrets.secret(WORKER_KEY),))
    return Telephony(stores.call_changes, carriers, carriers, Sealer(keys), worker_seal, urls, wake)


@dataclass(frozen=True)
class Workers:
    """The workers' load balancer; whichever of them it chooses sends a command on to the owner."""

    url: str

    def __call__(self, account_id: AccountId, session_id: SessionId) -> str:
        """Raises WorkerUnreachable when the stack has no workers."""
        if not self.url:
            raise WorkerUnreachable(session_id)
        return self.url
