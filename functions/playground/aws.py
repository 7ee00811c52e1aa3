"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from callauth.internal import INTERNAL_SECRET, InternalSigner
from callcore.clock import Clock
from callnet.call_control import HttpCallControl, workers_at
from callstore.aws import AwsStores
from callstore.aws_clients import LateClient, bucket_origins
from callstore.aws_secrets import AwsSecrets
from callstore.s3 import S3BlobStore
from playground.composition import console_on
from playground.console import Console
from playground.records import records_on
from playground.settings import FunctionSettings
from playground.views import Views


def compose(settings: FunctionSettings, views: Views, public_url: str, clock: Clock) -> Console:
    """The ports on AWS."""
    blobs = S3BlobStore(LateClient("s3"), settings.bucket)
    stores = AwsStores(settings.table, {}, clock, blobs=blobs)
    secrets = AwsSecrets(LateClient("secretsmanager"), {INTERNAL_SECRET: settings.internal_secret})
    control = HttpCallControl(workers_at(settings.workers_url), InternalSigner(secrets, clock))
    records = records_on(stores, blobs, control, bucket_origins(settings.bucket))
    return console_on(stores, records, control, views, public_url, settings.media_url, clock)
