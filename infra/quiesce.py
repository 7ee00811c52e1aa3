"""Takes the workers of an older version out of the balancer: `python -m infra.quiesce --stack parley`.

During a deployment they stay behind it until nobody calls them, which with callers at every hour may be never. Taken
out, they get no new calls, keep those that they have, and go with the last one.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.errors import CallError, Conflict, InvalidInput
from callstore.aws.clients import aws_client
from callstore.aws.errors import aws_errors


@dataclass(frozen=True)
class Target:
    """A port of a worker behind a balancer."""

    group: str
    address: str
    port: int


def old_targets(service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Iterator[Target]:
    """Of the tasks that are not of the newest version; `service` and `tasks` as ECS describes them.

    Raises Conflict while the newest version has not as many tasks as it shall have: it could not take the calls.
    """
    newest = next(one for one in service["deployments"] if one["status"] == "PRIMARY")
    if newest["runningCount"] < newest["desiredCount"]:
        raise Conflict(f"of the new version {newest['runningCount']} of {newest['desiredCount']} workers run: wait")
    for task in tasks:
        if task["taskDefinitionArn"] != newest["taskDefinition"]:
            for balancer in service["loadBalancers"]:
                yield Target(balancer["targetGroupArn"], _address(task), balancer["containerPort"])


def quiesce(stack: str) -> int:
    """How many workers were taken out. Raises InvalidInput, Conflict and StoreError."""
    with aws_errors():
        (described,) = aws_client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
        if "Service" not in outputs:
            raise InvalidInput(f"the stack {stack} has no workers")
        cluster, service = outputs["Cluster"], outputs["Service"]
        ecs, balancers = aws_client("ecs"), aws_client("elbv2")
        (state,) = ecs.describe_services(cluster=cluster, services=[service])["services"]
        arns = ecs.list_tasks(cluster=cluster, serviceName=service)["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        taken = list(old_targets(state, tasks))
        for one in taken:
            balancers.deregister_targets(TargetGroupArn=one.group, Targets=[{"Id": one.address, "Port": one.port}])
    return len({one.address for one in taken})


def _address(task: Mapping[str, Any]) -> str:
    """In the network of the workers."""
    details = [detail for attachment in task["attachments"] for detail in attachment["details"]]
    return str(next(detail["value"] for detail in details if detail["name"] == "privateIPv4Address"))


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m infra.quiesce", description=__doc__)
    parser.add_argument("--stack", required=True)
    try:
        print(f"{quiesce(parser.parse_args(arguments).stack)} workers get no further calls")
    except CallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
