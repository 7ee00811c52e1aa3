"""Accounts of a stack: found by its outputs, written to its table, and usable at its functions."""

import json
from collections.abc import Iterator

import pytest

from callauth.sealing import Sealer
from callcore.accounts.account import AccountStatus
from callcore.clock import SystemClock
from callcore.errors import InvalidInput
from callstore.aws.clients import aws_client
from callstore.aws.stores import AwsStores
from infra.accounts import administration, vendor_keys
from infra.accounts.places import Place, stack
from tests.integration.lambda_functions.conftest import PUBLIC_URL, TABLE
from tests.peers.cloudformation import stacks
from tests.peers.lambda_events import http_api
from tests.peers.lambda_runtime import LambdaFunction

SEALING = "s" * 64


@pytest.fixture(scope="module")
def place(stores: AwsStores) -> Iterator[Place]:
    secret = aws_client("secretsmanager").create_secret(Name="accounts-workers", SecretString=SEALING)
    outputs = {"Table": TABLE, "ApiUrl": PUBLIC_URL, "WorkerKey": secret["ARN"]}
    with stacks({"parley": outputs}), stack("parley", SystemClock()) as opened:
        yield opened


def test_the_first_account_works_and_is_made_once(place: Place, api: LambdaFunction) -> None:
    made = administration.bootstrap(place.stores, 1.0)
    assert made is not None
    assert administration.bootstrap(place.stores, 2.0) is None
    assert place.url == PUBLIC_URL
    reply = api.invoke(http_api("GET", f"/agents/{made.agent_id}", headers={"authorization": made.private_key}))
    assert reply["statusCode"] == 200


def test_a_suspended_account_is_told_so(place: Place, api: LambdaFunction) -> None:
    made = administration.create(place.stores, "Ann", 3.0)
    request = http_api("GET", "/agents", headers={"authorization": made.private_key})
    assert api.invoke(request)["statusCode"] == 200
    administration.set_status(place.stores, made.account.account_id, AccountStatus.SUSPENDED)
    refused = api.invoke(request)
    assert (refused["statusCode"], json.loads(refused["body"])["message"]) == (403, "the account is suspended")
    listed = {account.name: account.status for account in administration.listed(place.stores)}
    assert listed["Ann"] is AccountStatus.SUSPENDED


def test_a_vendors_key_is_sealed_with_the_secret_of_the_stack(place: Place) -> None:
    account_id = administration.create(place.stores, "Bob", 4.0).account.account_id
    vendor_keys.set_key(place.stores, place.sealer, account_id, "openai", "sk-of-bob")
    sealed = place.stores.accounts.get_account(account_id).vendor_keys["openai"]
    assert "sk-of-bob" not in sealed
    assert Sealer(lambda: (SEALING,)).open(sealed) == "sk-of-bob"


def test_a_stack_without_its_secret_is_told_what_to_do(stores: AwsStores) -> None:
    outputs = {"Table": TABLE, "ApiUrl": PUBLIC_URL}
    with stacks({"old": outputs}), stack("old", SystemClock()) as opened:
        account_id = administration.create(opened.stores, "Cid", 5.0).account.account_id
        with pytest.raises(InvalidInput, match="deploy this release first"):
            vendor_keys.set_key(opened.stores, opened.sealer, account_id, "openai", "sk-of-cid")


@pytest.mark.parametrize(("name", "message"), [("nowhere", "no stack nowhere"), ("other", "not one of Parley's")])
def test_another_stack_is_refused(stores: AwsStores, name: str, message: str) -> None:
    with stacks({"other": {"Table": "t"}}), pytest.raises(InvalidInput, match=message), stack(name, SystemClock()):
        pass
