"""DescribeStacks of AWS CloudFormation (its API reference, 2010-05-15) on a loopback port; moto's needs too much."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

_FOUND = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
<Stacks><member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-11-20T12:00:00Z</CreationTime><Outputs>{outputs}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
_MISSING = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
<Code>ValidationError</Code><Message>Stack with id {name} does not exist</Message></Error></ErrorResponse>"""


@contextmanager
def stacks(outputs_of: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """These stacks are there, by name, with these outputs; boto3 finds them by the environment."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            assert asked["Action"] == ["DescribeStacks"]
            (name,) = asked["StackName"]
            found = name in outputs_of
            written = "".join(_OUTPUT.format(key, escape(value)) for key, value in outputs_of.get(name, {}).items())
            body = (_FOUND if found else _MISSING).format(name=escape(name), outputs=written).encode()
            self.send_response(200 if found else 400)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with mock.patch.dict(os.environ, AWS_ENDPOINT_URL_CLOUDFORMATION=url):
            yield
        server.shutdown()
