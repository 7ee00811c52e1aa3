"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from callauth.carrier_urls import TELEPHONY_KEY
from callauth.exchange import exchange_of
from callauth.internal import INTERNAL_SECRET, InternalSigner
from callcore.clock import Clock
from callcore.regions import MediaHosts
from callnet.call_control import HttpCallControl, workers_at
from callstore.aws.clients import LateClient
from callstore.aws.secrets import AwsSecrets
from callstore.aws.stores import AwsStores
from telephony_webhook.composition import desk_on
from telephony_webhook.desk import Desk
from telephony_webhook.settings import FunctionSettings


def compose(settings: FunctionSettings, api_url: str, clock: Clock) -> Desk:
    """The desk on AWS; `api_url` is the origin that carriers were told."""
    names = {INTERNAL_SECRET: settings.internal_secret, TELEPHONY_KEY: settings.telephony_key}
    secrets = AwsSecrets(LateClient("secretsmanager"), names)
    media = MediaHosts.at(settings.media_url, settings.media_urls)
    control = HttpCallControl(workers_at(settings.workers_url), InternalSigner(secrets, clock))
    return desk_on(AwsStores(settings.table, {}, clock), exchange_of(secrets, api_url, media, clock), control)
