"""The built artifact, and what surrounds it on AWS: its runtime, its tables."""

import os
from collections.abc import Callable, Iterator

import pytest
from samtranslator.yaml_helper import yaml_parse

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind, KeyPolicy
from callcore.clock import SystemClock
from callcore.ids import AccountId
from callstore.aws.clients import aws_client
from callstore.aws.s3 import S3BlobStore
from callstore.aws.stores import AwsStores
from infra.artifact import ROOT
from tests.integration.lambda_functions.built import Built, build
from tests.integration.lambda_functions.roles import grants
from tests.peers.aws import AwsStoresOnDemand, outbox_of
from tests.peers.iam import ROLES
from tests.peers.lambda_runtime import LambdaFunction

ACCOUNT = Account(AccountId("acc_lambda"), "Lambda", 1.0, embed_secret="s" * 32)
PRIVATE_KEY = "private-key-of-the-lambda-tests"
PUBLIC_KEY = "public-key-of-the-lambda-tests"
ORIGIN = "https://shop.example"
PUBLIC_URL = "https://voice.example"
TABLE, BUCKET, SECRET = "lambda-functions", "lambda-recordings", "lambda-internal"
OUTBOX_KEY, TELEPHONY_KEY, WORKER_KEY = "lambda-outbox", "lambda-telephony", "lambda-workers"
QUEUE_URL = "https://sqs.invalid/call-events"
"""No test of the functions orders calls."""

Roles = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def stores() -> Iterator[AwsStores]:
    stores = AwsStoresOnDemand(TABLE, SystemClock())
    stores.accounts.put_account(ACCOUNT)
    account_id = ACCOUNT.account_id
    stores.accounts.put_key(key_record(PRIVATE_KEY, KeyKind.PRIVATE, account_id, "back end", 1.0))
    policy = KeyPolicy(origins=(ORIGIN,))
    stores.accounts.put_key(key_record(PUBLIC_KEY, KeyKind.PUBLIC, account_id, "site", 1.0, policy))
    yield stores
    stores.close()


@pytest.fixture(scope="session")
def bucket(stores: AwsStores) -> S3BlobStore:
    client = aws_client("s3")
    region = {"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    return S3BlobStore(client, BUCKET)


@pytest.fixture(scope="session")
def environment(built: Built, stores: AwsStores) -> dict[str, str]:
    """What template.yaml gives the functions, and where AWS is."""
    return {
        "PARLEY_TABLE": TABLE,
        "PARLEY_LOG_LEVEL": "INFO",
        "PARLEY_BUCKET": BUCKET,
        "PARLEY_INTERNAL_SECRET": SECRET,
        "PARLEY_OUTBOX_TABLE": outbox_of(TABLE),
        "PARLEY_OUTBOX_KEY": OUTBOX_KEY,
        "PARLEY_TELEPHONY_KEY": TELEPHONY_KEY,
        "PARLEY_WORKER_KEY": WORKER_KEY,
        "PARLEY_CALL_EVENTS_QUEUE": QUEUE_URL,
        "PARLEY_WORKERS_URL": "",
        "PARLEY_SIP_HOST": "sip.example.com",
        "PARLEY_TURN_URLS": "",
        "PARLEY_TURN_USERNAME": "",
        "PARLEY_TURN_SECRET": "",
        "PARLEY_PUBLIC_URL": "",
        "PARLEY_API_URL": PUBLIC_URL,
        "PARLEY_MEDIA_URL": "wss://media.example/millis",
        "WIDGET_ASSETS_DIR": str(built.assets / "widget"),
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_REGION": os.environ["AWS_DEFAULT_REGION"],
        "AWS_DEFAULT_REGION": os.environ["AWS_DEFAULT_REGION"],
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture(scope="session")
def roles() -> Iterator[Roles]:
    """Signs a function's requests as a role, which may then do what template.yaml allows it."""
    data = {"TableArn": f"table/{TABLE}", "OutboxTableArn": f"table/{outbox_of(TABLE)}", "BucketArn": BUCKET}
    data |= {"InternalSecret": SECRET, "OutboxKey": OUTBOX_KEY, "TelephonyKey": TELEPHONY_KEY, "WorkerKey": WORKER_KEY}
    data |= {"CallEventsArn": QUEUE_URL}

    admitted = []

    def signing(role: str) -> dict[str, str]:
        ROLES.admit(role, grants(role, data))
        admitted.append(role)
        return {"AWS_ACCESS_KEY_ID": role}

    yield signing
    assert {role: ROLES.refused(role) for role in admitted} == {role: [] for role in admitted}


@pytest.fixture(scope="session")
def api(built: Built, environment: dict[str, str], roles: Roles) -> Iterator[LambdaFunction]:
    with built.start("api.handler.handler", environment | roles("ApiRole")) as function:
        yield function


@pytest.fixture(scope="session")
def api_behind_a_balancer(built: Built, environment: dict[str, str], roles: Roles) -> Iterator[LambdaFunction]:
    public = environment | {"PARLEY_PUBLIC_URL": PUBLIC_URL} | roles("ApiRole")
    with built.start("api.handler.handler", public) as function:
        yield function


@pytest.fixture(scope="session")
def widget_page(built: Built, environment: dict[str, str], roles: Roles) -> Iterator[LambdaFunction]:
    with built.start("widget_page.handler.handler", environment | roles("WidgetPageRole")) as function:
        yield function


@pytest.fixture(scope="session")
def playground(built: Built, environment: dict[str, str], roles: Roles) -> Iterator[LambdaFunction]:
    with built.start("playground.handler.handler", environment | roles("PlaygroundRole")) as function:
        yield function


@pytest.fixture(scope="session")
def call_events(built: Built, environment: dict[str, str], roles: Roles) -> Iterator[LambdaFunction]:
    with built.start("call_events.handler.handler", environment | roles("CallEventsRole")) as function:
        yield function


@pytest.fixture(scope="session")
def tick() -> str:
    """The `Input` that template.yaml gives the schedule."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    written: str = template["Resources"]["CallEventsFunction"]["Properties"]["Events"]["Sweep"]["Properties"]["Input"]
    return written
