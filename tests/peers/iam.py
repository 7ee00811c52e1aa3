"""IAM in front of AWS on loopback: who signs as a role may do what its policies allow; all others may do everything.

Of the Service Authorization Reference it knows what our functions ask of DynamoDB, S3, SQS and Secrets Manager. That S3
says 403 and not 404 to who may not list is not among it.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote

_SIGNER = re.compile(r"Credential=([^/]+)/")
_IN_TRANSACTIONS = {kind: f"{kind}Item" for kind in ("Put", "Update", "Delete", "ConditionCheck")}

Answer = Callable[..., Any]
Application = Callable[[dict[str, Any], Answer], Iterable[bytes]]


@dataclass(frozen=True)
class Grant:
    """A statement of a policy; `*` in an action or resource is anything."""

    actions: Sequence[str]
    resources: Sequence[str]
    leading_keys: Sequence[str] | None = None
    """What `dynamodb:LeadingKeys` must be like (ForAllValues:StringLike); None: anything."""

    def allows(self, asked: "Asked") -> bool:
        """Whether it is enough for that."""
        is_meant = _is_like(asked.action, self.actions) and _is_like(asked.resource, self.resources)
        keys_fit = self.leading_keys is None or all(_is_like(key, self.leading_keys) for key in asked.leading_keys)
        return is_meant and keys_fit


@dataclass(frozen=True)
class Asked:
    """One right that a request needs."""

    action: str
    resource: str
    leading_keys: Sequence[str] = ()


class Roles:
    """The roles of a test, and what they were refused."""

    def __init__(self) -> None:
        self._grants: dict[str, Sequence[Grant]] = {}
        self._refused: list[tuple[str, Asked]] = []

    def admit(self, name: str, grants: Sequence[Grant]) -> None:
        """From now on whose access key has this name may do that, and nothing else."""
        self._grants[name] = grants

    def refused(self, name: str) -> list[Asked]:
        """What that role asked for in vain."""
        return [asked for role, asked in self._refused if role == name]

    def guard(self, application: Application) -> Application:
        """The application behind IAM."""

        def guarded(environ: dict[str, Any], start_response: Answer) -> Iterable[bytes]:
            signer = _signer(environ)
            for one in _asked(environ) if signer in self._grants else ():
                if not any(grant.allows(one) for grant in self._grants[signer]):
                    self._refused.append((signer, one))
                    return _refusal(signer, one, start_response)
            return application(environ, start_response)

        return guarded


ROLES = Roles()
"""Of the AWS that this process serves."""


def _is_like(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _signer(environ: dict[str, Any]) -> str:
    """Whose access key the request, the link or the form carries; empty: nobody's."""
    header, query = environ.get("HTTP_AUTHORIZATION"), parse_qs(environ.get("QUERY_STRING", ""))
    if header is not None:
        found = _SIGNER.search(header)
        return found[1] if found else ""
    credential = query.get("X-Amz-Credential", [""])[0] or (_form_field(environ, "x-amz-credential") or "")
    return credential.partition("/")[0]


def _asked(environ: dict[str, Any]) -> Iterator[Asked]:
    """The rights that it takes."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        yield from _of_json(target, _body(environ))
    elif key := _form_field(environ, "key"):
        yield Asked("s3:PutObject", f"{environ['PATH_INFO'].strip('/')}/{key}")
    else:
        yield _of_object(environ)


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _of_json(target: str, body: bytes) -> Iterator[Asked]:
    service, _, operation = target.partition(".")
    said = json.loads(body)
    if service == "AmazonSQS":
        yield Asked(f"sqs:{operation}", said.get("QueueUrl", ""))
    elif service == "secretsmanager":
        yield Asked(f"secretsmanager:{operation}", said.get("SecretId", ""))
    elif operation == "TransactWriteItems":
        for item in said["TransactItems"]:
            ((kind, one),) = item.items()
            yield _of_rows(_IN_TRANSACTIONS[kind], one["TableName"], [one.get("Key") or one.get("Item")])
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table in said["RequestItems"]:
            yield _of_rows(operation, table, ())
    else:
        keys = [one for one in (said.get("Key"), said.get("Item")) if one]
        yield _of_rows(operation, said.get("TableName", ""), keys)


def _of_rows(action: str, table: str, rows: Sequence[Mapping[str, Any]]) -> Asked:
    return Asked(f"dynamodb:{action}", f"table/{table}", [row["PK"]["S"] for row in rows])


def _of_object(environ: Mapping[str, Any]) -> Asked:
    method, place = environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"]).removeprefix("/")
    action = {"GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}.get(method, "PutObject")
    if method == "DELETE" and "uploadId=" in environ.get("QUERY_STRING", ""):
        action = "AbortMultipartUpload"
    return Asked(f"s3:{action}", place)


def _form_field(environ: dict[str, Any], name: str) -> str | None:
    """Of a presigned POST; None: it is no form, or has no such field."""
    if not environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
        return None
    found = re.search(rf'name="{name}"\r\n\r\n([^\r]+)\r\n', _body(environ).decode(errors="replace"), re.IGNORECASE)
    return found[1] if found else None


def _refusal(signer: str, asked: Asked, start_response: Answer) -> Iterable[bytes]:
    message = f"{signer} is not authorized to perform: {asked.action}"
    if asked.action.startswith("s3:"):
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>".encode()]
    start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
    return [json.dumps({"__type": "AccessDeniedException", "message": message}).encode()]
