"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from dataclasses import dataclass

from api.composition import dependencies_on
from api.dependencies import Dependencies
from api.settings import FunctionSettings
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.private_reports import OUTBOX_KEY
from callcore.clock import Clock
from callcore.errors import WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callnet.call_control import HttpCallControl
from callstore.aws import AwsStores
from callstore.aws_clients import LateClient
from callstore.aws_secrets import AwsSecrets
from callstore.s3 import S3BlobStore


def compose(settings: FunctionSettings, api_url: str, clock: Clock) -> Dependencies:
    """The ports on AWS."""
    blobs = S3BlobStore(LateClient("s3"), settings.bucket)
    stores = AwsStores(settings.table, {}, clock, blobs=blobs, outbox_table=settings.outbox_table)
    ours = {INTERNAL_SECRET: settings.internal_secret, OUTBOX_KEY: settings.outbox_key}
    secrets = AwsSecrets(LateClient("secretsmanager"), ours)
    control = HttpCallControl(Workers(settings.workers_url), InternalSigner(secrets, clock))
    return dependencies_on(stores, blobs, api_url, clock, control, lambda: (secrets.secret(OUTBOX_KEY),))


@dataclass(frozen=True)
class Workers:
    """The workers' load balancer; whichever of them it chooses sends a command on to the owner."""

    url: str

    def __call__(self, account_id: AccountId, session_id: SessionId) -> str:
        """Raises WorkerUnreachable when the stack has no workers."""
        if not self.url:
            raise WorkerUnreachable(session_id)
        return self.url
