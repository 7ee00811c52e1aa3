"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from collections.abc import Callable

from api.composition import Workers, dependencies_on, telephony_on
from api.dependencies import Dependencies
from api.settings import FunctionSettings
from callauth.carrier_urls import TELEPHONY_KEY
from callauth.exchange import exchange_of
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.private_reports import OUTBOX_KEY
from callauth.sealing import WORKER_KEY
from callauth.turn_credentials import TURN_SECRET, TurnServers
from callcore.clock import Clock
from callcore.regions import MediaHosts
from callcore.wire.events import CALL_EVENTS_QUEUE, CallsOrdered
from callnet.call_control import HttpCallControl, workers_at
from callstore.aws.clients import FORM_CONFIG, LateClient
from callstore.aws.s3 import S3BlobStore
from callstore.aws.s3_uploads import S3UploadForms
from callstore.aws.secrets import AwsSecrets
from callstore.aws.stores import AwsStores


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
        TURN_SECRET: settings.turn_secret,
    }
    secrets = AwsSecrets(LateClient("secretsmanager"), names)
    control = HttpCallControl(workers_at(settings.workers_url), InternalSigner(secrets, clock))
    media = MediaHosts.at(settings.media_url, settings.media_urls)
    telephony = telephony_on(stores, exchange_of(secrets, api_url, media, clock), secrets, _waking(stores))
    turn = TurnServers(settings.turn_urls.split(), settings.turn_username, lambda: secrets.secret(TURN_SECRET))

    def outbox_key() -> tuple[str]:
        return (secrets.secret(OUTBOX_KEY),)

    def sip_host() -> str:
        return settings.sip_host

    # `control` is also what finds room: one balancer stands before all workers, and they hand on what they cannot take.
    workers = Workers(control, sip_host=sip_host, turn=turn)
    uploads = S3UploadForms(LateClient("s3", FORM_CONFIG), settings.bucket)
    return dependencies_on(stores, blobs, api_url, clock, workers, telephony, outbox_key, uploads)


def _waking(stores: AwsStores) -> Callable[[], None]:
    return lambda: stores.queue(CALL_EVENTS_QUEUE).send(CallsOrdered(type="calls_ordered").model_dump_json())
