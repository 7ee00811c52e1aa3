"""That IAM of the tests holds for what AWS's own client sends."""

from collections.abc import Mapping
from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.peers.aws import create_table, serve_aws
from tests.peers.iam import ROLES, Asked, Grant

TABLE, BUCKET, ROLE = "iam-table", "iam-bucket", "IamTester"
ROW = {"PK": {"S": "KEY#1"}, "SK": {"S": "KEY"}}
GRANTS = [
    Grant(["dynamodb:PutItem"], [f"table/{TABLE}"]),
    Grant(["dynamodb:GetItem"], [f"table/{TABLE}"], leading_keys=["KEY#*"]),
    Grant(["s3:PutObject", "s3:GetObject"], [f"{BUCKET}/in/*"]),
]


def client(service: str, role: str) -> Any:
    return boto3.client(
        service, aws_access_key_id=role, aws_secret_access_key="s", config=Config(retries={"max_attempts": 0})
    )


@pytest.fixture(scope="module", autouse=True)
def aws() -> None:
    serve_aws()
    create_table(client("dynamodb", "test"), TABLE)
    client("s3", "test").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    ROLES.admit(ROLE, GRANTS)


def is_refused(service: str, operation: str, **request: Any) -> bool:
    try:
        getattr(client(service, ROLE), operation)(**request)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        return True
    return False


def put(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": row}}


CHECK = {"ConditionCheck": {"TableName": TABLE, "Key": ROW, "ConditionExpression": "attribute_exists(PK)"}}
OTHERS = {"PK": {"S": "ACCOUNT#1"}, "SK": {"S": "KEY"}}


@pytest.mark.parametrize(
    ("refused", "service", "operation", "request_"),
    [
        (False, "dynamodb", "put_item", {"TableName": TABLE, "Item": ROW}),
        (False, "dynamodb", "get_item", {"TableName": TABLE, "Key": ROW}),
        (True, "dynamodb", "get_item", {"TableName": TABLE, "Key": OTHERS}),
        (True, "dynamodb", "delete_item", {"TableName": TABLE, "Key": ROW}),
        (True, "dynamodb", "put_item", {"TableName": "another", "Item": ROW}),
        (True, "dynamodb", "batch_get_item", {"RequestItems": {TABLE: {"Keys": [ROW]}}}),
        (False, "dynamodb", "transact_write_items", {"TransactItems": [put(OTHERS)]}),
        (True, "dynamodb", "transact_write_items", {"TransactItems": [put(OTHERS), CHECK]}),
        (False, "s3", "put_object", {"Bucket": BUCKET, "Key": "in/a b", "Body": b"x"}),
        (False, "s3", "head_object", {"Bucket": BUCKET, "Key": "in/a b"}),
        (False, "s3", "create_multipart_upload", {"Bucket": BUCKET, "Key": "in/c"}),
        (True, "s3", "abort_multipart_upload", {"Bucket": BUCKET, "Key": "in/c", "UploadId": "u"}),
        (True, "s3", "put_object", {"Bucket": BUCKET, "Key": "out/a", "Body": b"x"}),
        (True, "s3", "delete_object", {"Bucket": BUCKET, "Key": "in/a b"}),
        (True, "sqs", "send_message", {"QueueUrl": "http://queue.example/q", "MessageBody": "x"}),
        (True, "secretsmanager", "get_secret_value", {"SecretId": "secret"}),
    ],
)
def test_a_role_may_do_what_it_was_granted(
    refused: bool, service: str, operation: str, request_: Mapping[str, Any]
) -> None:
    assert is_refused(service, operation, **request_) is refused


@pytest.mark.parametrize(("key", "status"), [("in/form", 204), ("out/form", 403)])
def test_a_form_brings_the_rights_of_who_signed_it(key: str, status: int) -> None:
    form = client("s3", ROLE).generate_presigned_post(BUCKET, key)
    with httpx2.Client(trust_env=False) as browser:
        assert browser.post(form["url"], data=form["fields"], files={"file": b"x"}).status_code == status


@pytest.mark.parametrize(("key", "status"), [("in/form", 200), ("out/form", 403)])
def test_so_does_a_link(key: str, status: int) -> None:
    client("s3", "test").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    link = client("s3", ROLE).generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key})
    with httpx2.Client(trust_env=False) as browser:
        assert browser.get(link).status_code == status


def test_what_was_refused_is_known() -> None:
    assert is_refused("secretsmanager", "get_secret_value", SecretId="another")
    assert ROLES.refused(ROLE)[-1] == Asked("secretsmanager:GetSecretValue", "another")
    assert ROLES.refused("test") == []
