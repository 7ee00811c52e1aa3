"""What the Lambda function stands on. Import it late: boto3 takes a tenth of a second and more."""

from callauth.carrier_urls import TELEPHONY_KEY, CarrierUrls
from callauth.internal import INTERNAL_SECRET
from callauth.sealing import Sealer
from callcore.clock import Clock
from callstore.aws import AwsStores
from callstore.aws_clients import LateClient
from callstore.aws_secrets import AwsSecrets
from telephony_webhook.desk import Desk
from telephony_webhook.settings import FunctionSettings


def compose(settings: FunctionSettings, api_url: str, clock: Clock) -> Desk:
    """The desk on AWS; `api_url` is the origin that carriers were told."""
    stores = AwsStores(settings.table, {}, clock)
    names = {INTERNAL_SECRET: settings.internal_secret, TELEPHONY_KEY: settings.telephony_key}
    secrets = AwsSecrets(LateClient("secretsmanager"), names)

    def keys() -> tuple[str]:
        return (secrets.secret(TELEPHONY_KEY),)

    return Desk(
        accounts=stores.accounts,
        agents=stores.agents,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        used=stores.used_tokens,
        seal=Sealer(keys),
        urls=CarrierUrls(api_url, settings.media_url.removesuffix("/millis"), keys),
        stream_secret=lambda: secrets.secret(INTERNAL_SECRET),
        clock=clock,
    )
