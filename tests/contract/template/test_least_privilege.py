"""Roles may do what the code that runs with them asks for: nothing is refused, and nothing is allowed besides."""

import pytest

from tests.contract.template.stacks import actions, all_templates
from tests.contract.template.store_requests import (
    TABLES,
    WRITES,
    blob_actions,
    makers_of_writes,
    operations,
    outbox_actions,
    table_actions,
    tables_named,
)
from tests.contract.template.translated import resources

RUNS = {
    "ApiRole": "api.handler",
    "WidgetPageRole": "widget_page.handler",
    "PlaygroundRole": "playground.handler",
    "TelephonyWebhookRole": "telephony_webhook.handler",
    "CallEventsRole": "call_events.handler",
    "WorkerRole": "media_worker.__main__",
}
RIGHTS = {
    "get_item": "dynamodb:GetItem",
    "query": "dynamodb:Query",
    "batch_get_item": "dynamodb:BatchGetItem",
    "batch_write_item": "dynamodb:BatchWriteItem",
    "transact_write_items": None,  # each of its items has the right of its own kind
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "generate_presigned_url": "s3:GetObject",
    "put_object": "s3:PutObject",
    "generate_presigned_post": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "delete_object": "s3:DeleteObject",
    "send_message": "sqs:SendMessage",
    "receive_message": "sqs:ReceiveMessage",
    "delete_message": "sqs:DeleteMessage",
    "change_resource_record_sets": "route53:ChangeResourceRecordSets",
    "get_change": "route53:GetChange",
    "get_paginator": "route53:ListResourceRecordSets",
}
"""What boto3 is asked for, and the right that it takes (Service Authorization Reference)."""


def granted(role: str) -> list[tuple[str, str]]:
    """Every action, and to what."""
    found = []
    for template in all_templates().values():
        for name, one in resources(template, "AWS::IAM::Role").items():
            found += [policy["PolicyDocument"] for policy in one.get("Policies", ()) if name == role]
        for policy in resources(template, "AWS::IAM::RolePolicy").values():
            found += [policy["PolicyDocument"]] if policy["RoleName"] == {"Ref": role} else []
    return [pair for policy in found for pair in actions(policy)]


@pytest.mark.parametrize("role", RUNS)
def test_a_role_may_ask_of_tables_and_bucket_what_its_code_asks_and_nothing_else(role: str) -> None:
    allowed, entry = granted(role), RUNS[role]
    of_tables = [pair for pair in allowed if pair[0].startswith("dynamodb:")]
    of_outbox = {action for action, resource in of_tables if "OutboxTableArn" in resource}
    assert {action for action, resource in of_tables if "OutboxTableArn" not in resource} == table_actions(entry)
    assert of_outbox == outbox_actions(entry)
    assert {action for action, _ in allowed if action.startswith("s3:")} == blob_actions(entry)


def test_a_worker_looks_whether_a_recording_arrived_whose_receipt_was_lost() -> None:
    recordings = {action for action, resource in granted("WorkerRole") if "/recordings/*" in resource}
    assert recordings == {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}


def test_whatever_boto3_is_asked_for_is_the_right_of_somebody() -> None:
    assert operations() == set(RIGHTS)
    rights = {action for role in RUNS for action, _ in granted(role)}
    assert {right for right in RIGHTS.values() if right} <= rights


def test_the_requests_that_are_looked_for_are_all_that_there_are() -> None:
    assert tables_named() == set(TABLES)
    assert makers_of_writes() == set(WRITES)
