"""Of a deployment that is under way the old workers are taken out of every balancer, and no new one."""

from typing import Any

import pytest

from callcore.errors import Conflict
from infra import quiesce
from infra.quiesce import Target, old_targets

OLD, NEW = "arn:aws:ecs:eu-west-1:1:task-definition/worker:3", "arn:aws:ecs:eu-west-1:1:task-definition/worker:4"


def service(running: int = 2) -> dict[str, Any]:
    return {
        "deployments": [
            {"status": "PRIMARY", "taskDefinition": NEW, "desiredCount": 2, "runningCount": running},
            {"status": "ACTIVE", "taskDefinition": OLD, "desiredCount": 2, "runningCount": 2},
        ],
        "loadBalancers": [
            {"targetGroupArn": "web", "containerName": "worker", "containerPort": 8080},
            {"targetGroupArn": "sip", "containerName": "worker", "containerPort": 5060},
        ],
    }


def task(definition: str, address: str) -> dict[str, Any]:
    details = [{"name": "subnetId", "value": "subnet-1"}, {"name": "privateIPv4Address", "value": address}]
    attachment = {"type": "ElasticNetworkInterface", "details": details}
    return {"taskDefinitionArn": definition, "attachments": [attachment]}


TASKS = [task(OLD, "10.87.0.1"), task(NEW, "10.87.0.2"), task(OLD, "10.87.0.3")]


def test_the_old_ones_leave_every_balancer() -> None:
    assert set(old_targets(service(), TASKS)) == {
        Target(group, address, port)
        for address in ("10.87.0.1", "10.87.0.3")
        for group, port in (("web", 8080), ("sip", 5060))
    }


def test_nobody_leaves_before_the_new_ones_run() -> None:
    with pytest.raises(Conflict, match="1 of 2 workers run"):
        list(old_targets(service(running=1), TASKS))


class Aws:
    """What is asked of it, and what it says."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
        self.deregistered: list[Any] = []

    def describe_stacks(self, StackName: str) -> Any:
        return {"Stacks": [{"Outputs": self.outputs}]}

    def describe_services(self, cluster: str, services: list[str]) -> Any:
        return {"services": [service()]}

    def list_tasks(self, cluster: str, serviceName: str) -> Any:
        return {"taskArns": ["one", "two", "three"]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> Any:
        return {"tasks": TASKS}

    def deregister_targets(self, **asked: Any) -> None:
        self.deregistered.append(asked)


def test_the_command_says_what_it_did(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    aws = Aws({"Cluster": "c", "Service": "s"})
    monkeypatch.setattr(quiesce, "aws_client", lambda _: aws)
    assert quiesce.main(["--stack", "parley"]) == 0
    assert capsys.readouterr().out == "2 workers get no further calls\n"
    assert {"TargetGroupArn": "web", "Targets": [{"Id": "10.87.0.1", "Port": 8080}]} in aws.deregistered
    assert len(aws.deregistered) == 4


def test_a_stack_without_workers_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(quiesce, "aws_client", lambda _: Aws({"Table": "t"}))
    assert quiesce.main(["--stack", "parley"]) == 1
    assert capsys.readouterr().err == "the stack parley has no workers\n"
