"""What proves a deployed stack is proven on the local one."""

import boto3
import pytest
from botocore.stub import Stubber

from tests.bench.deployed_call import main
from tests.e2e.stack import Stack


def arguments(stack: Stack, **more: str) -> list[str]:
    told = stack.connection
    given = {"url": told["api_url"], "media-url": told["media_url"], **more}
    given |= {"public-key": told["public_key"], "private-key": told["private_key"]}
    return [f"--{name}={value}" for name, value in given.items()]


def test_a_call_through_a_stack(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(stack)) == 0
    page, greeting, record = capsys.readouterr().out.splitlines()
    assert "the page" in page
    assert "the greeting was heard" in greeting
    assert "1 of the agent's turns, recording of" in record


@pytest.mark.full
def test_a_webhook_that_does_not_arrive_is_told(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """It leads to this machine, where webhooks of customers may not."""
    assert main(arguments(stack, webhook="https://127.0.0.1/ended")) == 1
    assert "state is" in capsys.readouterr().err


def test_a_stack_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("cloudformation", region_name="eu-west-1", **secret)
    monkeypatch.setattr("boto3.client", lambda service: client)
    with Stubber(client) as aws:
        aws.add_client_error("describe_stacks", "ValidationError", "Stack with id nowhere does not exist")
        assert main(["--stack=nowhere", "--public-key=k", "--private-key=k"]) == 1
    assert "the stack nowhere is not found" in capsys.readouterr().err
