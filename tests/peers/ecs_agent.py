"""The container agent of ECS on loopback: task metadata version 4 and the task scale-in protection endpoint.

As Amazon's ECS developer guide has them; a refusal of the protection comes as `failure`, as the guide's examples do.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TASK_ID = "158d1c8083dd49d6b527399fd6414f5c"
CLUSTER = "parley-Workers-Cluster"
TASK_ARN = f"arn:aws:ecs:eu-west-1:123456789012:task/{CLUSTER}/"
ADDRESS = "127.0.0.1"


def metadata(task_id: str = TASK_ID) -> dict[str, Any]:
    """Of a task on Fargate with one container."""
    return {
        "Cluster": f"arn:aws:ecs:eu-west-1:123456789012:cluster/{CLUSTER}",
        "TaskARN": TASK_ARN + task_id,
        "Family": "worker",
        "Revision": "3",
        "DesiredStatus": "RUNNING",
        "LaunchType": "FARGATE",
        "AvailabilityZone": "eu-west-1a",
        "Containers": [
            {
                "Name": "worker",
                "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [ADDRESS], "SubnetGatewayIpv4Address": ""}],
            }
        ],
    }


@dataclass
class EcsAgent:
    """What it was asked, and what it says."""

    task_id: str = TASK_ID
    uri: str = ""
    """ECS_AGENT_URI and ECS_CONTAINER_METADATA_URI_V4."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    refusal: str = ""
    """Why protection is not changed; empty: it is."""
    protected: bool = False

    def put(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Change the protection."""
        self.asked.append(wanted)
        if self.refusal:
            return {"failure": {"Arn": TASK_ARN + self.task_id, "Detail": None, "Reason": self.refusal}}
        self.protected = wanted["ProtectionEnabled"]
        told = {"ProtectionEnabled": self.protected, "TaskArn": TASK_ARN + self.task_id}
        return {"protection": told | ({"ExpirationDate": "2026-11-20T22:02:11Z"} if self.protected else {})}


@contextmanager
def ecs_agent(task_id: str = TASK_ID) -> Iterator[EcsAgent]:
    """It listens as long as the block lasts."""
    agent = EcsAgent(task_id)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, metadata(task_id)) if self.path == "/task" else self.answer(404, {})

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path != "/task-protection/v1/state":
                self.answer(404, {})
            elif not isinstance(body.get("ProtectionEnabled"), bool):
                error = {"Arn": TASK_ARN + task_id, "Code": "InvalidParameterException", "Message": ""}
                self.answer(400, {"error": error})
            else:
                self.answer(200, agent.put(body))

        def answer(self, status: int, said: Any) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nowhere."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    agent.uri = f"http://127.0.0.1:{server.server_port}"
    try:
        yield agent
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
