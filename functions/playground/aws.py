"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from callauth.carrier_urls import TELEPHONY_KEY
from callauth.exchange import exchange_of
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.sealing import WORKER_KEY
from callcore.clock import Clock
from callcore.regions import MediaHosts
from callnet.call_control import HttpCallControl, workers_at
from callstore.aws.clients import LateClient, bucket_origins
from callstore.aws.s3 import S3BlobStore
from callstore.aws.secrets import AwsSecrets
from callstore.aws.stores import AwsStores
from playground.composition import console_on
from playground.console import Console
from playground.number_lines import numbers_on
from playground.records import records_on
from playground.settings import FunctionSettings
from playground.views import Views


def compose(settings: FunctionSettings, views: Views, public_url: str, clock: Clock) -> Console:
    """The ports on AWS."""
    blobs = S3BlobStore(LateClient("s3"), settings.bucket)
    stores = AwsStores(settings.table, {}, clock, blobs=blobs)
    names = {
        INTERNAL_SECRET: settings.internal_secret,
        TELEPHONY_KEY: settings.telephony_key,
        WORKER_KEY: settings.worker_key,
    }
    secrets = AwsSecrets(LateClient("secretsmanager"), names)
    control = HttpCallControl(workers_at(settings.workers_url), InternalSigner(secrets, clock))
    records = records_on(stores, blobs, control, bucket_origins(settings.bucket))
    media = MediaHosts.at(settings.media_url, settings.media_urls)
    numbers = numbers_on(stores, exchange_of(secrets, public_url, media, clock), secrets)
    return console_on(stores, records, numbers, control, views, public_url, settings.media_url, clock)
