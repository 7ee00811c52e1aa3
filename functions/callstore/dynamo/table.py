"""One DynamoDB table: rows in and out, conditions, transactions, and what is retried.

Every read is strongly consistent. A throttled or conflicting request is tried again with a growing, random pause;
so is what a batch leaves unprocessed. There is no method that scans.

boto3 sends a request again when its reply was lost, and a write with a condition would be refused by what it did
itself. So it goes as a transaction, which carries a token and is done once.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callcore.errors import InvalidInput, StoreError
from callstore.aws.errors import aws_errors
from callstore.dynamo.keys import Key

Row = Mapping[str, Any]
"""Attributes: text, numbers, bytes, sets of text; None is no attribute."""

MAX_TRANSACTION = 100
_BATCH_READ = 100
_BATCH_WRITE = 25
_ATTEMPTS = 10
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0
_METHODS = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None"})
"""Reasons of a cancelled transaction that another try does away with."""


class Refused(Exception):
    """A condition does not hold; nothing was written."""

    def __init__(self, failed: Sequence[int], row: Row | None = None) -> None:
        super().__init__(f"conditions {list(failed)} do not hold")
        self.failed = failed
        """Which of the writes."""
        self.row = row
        """What stands there, where a single write was refused."""


@dataclass(frozen=True)
class Write:
    """One write, alone or in a transaction; `#name` in an expression is an attribute, `:name` one of `values`."""

    kind: str
    """Put, Update, Delete or ConditionCheck."""
    key: Key
    row: Row = field(default_factory=dict)
    """Of a Put, without the key."""
    update: str = ""
    condition: str = ""
    values: Row = field(default_factory=dict)


ABSENT = "attribute_not_exists(#PK)"
PRESENT = "attribute_exists(#PK)"


def put(key: Key, row: Row, condition: str = "", values: Row | None = None) -> Write:
    """Create or replace the row."""
    return Write("Put", key, row, condition=condition, values=values or {})


def delete(key: Key, condition: str = "", values: Row | None = None) -> Write:
    """Delete the row; one that is not there is no error."""
    return Write("Delete", key, condition=condition, values=values or {})


def check(key: Key, condition: str, values: Row | None = None) -> Write:
    """Change nothing; in a transaction only."""
    return Write("ConditionCheck", key, condition=condition, values=values or {})


def update(key: Key, expression: str, values: Row, condition: str = "") -> Write:
    """Change the row, or create it."""
    return Write("Update", key, update=expression, condition=condition, values=values)


class DynamoTable:
    """The table. Safe from any thread, as its client is."""

    def __init__(self, client: Any, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        """`client` is boto3's of DynamoDB; `pause` waits so many seconds."""
        self._client = client
        self._name = name
        self._pause = pause

    def get(self, key: Key) -> Row | None:
        """The row, or None."""
        with aws_errors():
            found = self._client.get_item(TableName=self._name, Key=_attributes(_key_row(key)), ConsistentRead=True)
        return _row(found["Item"]) if "Item" in found else None

    def query(
        self,
        pk: str,
        keys: str = "",
        values: Row | None = None,
        *,
        where: str = "",
        limit: int = 0,
        newest: bool = False,
    ) -> Iterator[Row]:
        """The rows of a partition in the order of their sort keys; requests are made as rows are taken.

        `keys` narrows the sort key, `where` filters what was read, `limit` is how many rows a request reads.
        """
        condition = "#PK = :PK" + (f" AND {keys}" if keys else "")
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ConsistentRead": True,
            "ScanIndexForward": not newest,
        } | _expression_parts(f"{condition} {where}", {"PK": pk, **(values or {})})
        if where:
            request["FilterExpression"] = where
        if limit:
            request["Limit"] = limit
        while True:
            with aws_errors():
                page = self._client.query(**request)
            yield from map(_row, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Row]:
        """The rows that are there."""
        found: dict[Key, Row] = {}
        for start in range(0, len(keys), _BATCH_READ):
            asked: Any = [_attributes(_key_row(key)) for key in keys[start : start + _BATCH_READ]]
            for _ in self._tries("a batch of rows stays unread"):
                with aws_errors():
                    reply = self._client.batch_get_item(
                        RequestItems={self._name: {"Keys": asked, "ConsistentRead": True}}
                    )
                for row in map(_row, reply["Responses"].get(self._name, ())):
                    found[Key(row["PK"], row["SK"])] = row
                asked = reply.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys")
                if not asked:
                    break
        return found

    def write_many(self, writes: Sequence[Write]) -> None:
        """Puts and Deletes without conditions, in no order; some may be done when it raises."""
        for start in range(0, len(writes), _BATCH_WRITE):
            asked: Any = [_batch_request(one) for one in writes[start : start + _BATCH_WRITE]]
            for _ in self._tries("a batch of rows stays unwritten"):
                with aws_errors():
                    reply = self._client.batch_write_item(RequestItems={self._name: asked})
                asked = reply.get("UnprocessedItems", {}).get(self._name)
                if not asked:
                    break

    def write(self, *writes: Write) -> Row:
        """All or none; what an Update made new, when it stands alone and has no condition.

        Raises Refused, and InvalidInput for a row that is too large.
        """
        if len(writes) > 1 or writes[0].condition:
            self._transact([self._request(one) for one in writes], writes)
            return {}
        request, method = self._request(writes[0]), _METHODS[writes[0].kind]
        if writes[0].kind == "Update":
            request["ReturnValues"] = "UPDATED_NEW"
        with aws_errors():
            return _row(getattr(self._client, method)(**request).get("Attributes", {}))

    def write_once(self, one: Write, token: str) -> None:
        """The write, done once however often it is asked for by the same token within ten minutes."""
        self._transact([self._request(one)], [one], token)

    def _transact(self, requests: Sequence[dict[str, Any]], writes: Sequence[Write], token: str = "") -> None:
        if len(writes) > MAX_TRANSACTION:
            raise ValueError("a transaction has at most 100 writes")
        if len(writes) == 1:
            requests[0]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        items = [{one.kind: request} for one, request in zip(writes, requests, strict=True)]
        named = {"ClientRequestToken": token} if token else {}
        for _ in self._tries("a transaction meets others again and again"):
            try:
                with aws_errors():
                    self._client.transact_write_items(TransactItems=items, **named)
                    return
            except StoreError as error:
                reasons = _reasons(error)
                codes = [reason.get("Code", "None") for reason in reasons]
                failed = [number for number, code in enumerate(codes) if code == "ConditionalCheckFailed"]
                if failed:
                    standing = reasons[0].get("Item")
                    raise Refused(failed, _row(standing) if standing else None) from None
                if "ValidationError" in codes:  # the rest is ours, so it is a row's size
                    raise InvalidInput("a value is too large to store") from None
                if not codes or not _PASSING.issuperset(codes):
                    raise

    def _request(self, one: Write) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self._name}
        if one.kind == "Put":
            request["Item"] = _attributes(_key_row(one.key) | dict(one.row))
        else:
            request["Key"] = _attributes(_key_row(one.key))
        if one.update:
            request["UpdateExpression"] = one.update
        if one.condition:
            request["ConditionExpression"] = one.condition
        return request | _expression_parts(f"{one.update} {one.condition}", one.values)

    def _tries(self, failure: str) -> Iterator[int]:
        """Numbers of tries, with a pause before each but the first; raises StoreError after the last."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.pause_before(attempt)
            yield attempt
        raise StoreError(failure, retryable=True)

    def pause_before(self, attempt: int) -> None:
        """Wait a random time before the so-many-th try again."""
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
        self._pause(random.uniform(0, longest))


def _key_row(key: Key) -> dict[str, Any]:
    return {"PK": key.pk, "SK": key.sk}


def _batch_request(one: Write) -> dict[str, Any]:
    if one.kind == "Put":
        return {"PutRequest": {"Item": _attributes(_key_row(one.key) | dict(one.row))}}
    return {"DeleteRequest": {"Key": _attributes(_key_row(one.key))}}


def _expression_parts(expressions: str, values: Row) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", expressions)}
    if names:
        parts["ExpressionAttributeNames"] = names
    if values:
        parts["ExpressionAttributeValues"] = {f":{name}": value for name, value in _attributes(values).items()}
    return parts


def _attributes(row: Row) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in row.items() if value is not None}


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case int() | float():
            return {"N": repr(value)}
        case frozenset():
            return {"SS": sorted(value)}
    raise InvalidInput(f"a {type(value).__name__} is no attribute")


def _row(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(*attribute.items()) for name, attribute in attributes.items()}


def _value(attribute: tuple[str, Any]) -> Any:
    kind, value = attribute
    match kind:
        case "N":
            return float(value) if "." in value or "e" in value.lower() else int(value)
        case "SS":
            return frozenset(value)
    return value


def _reasons(error: StoreError) -> list[dict[str, Any]]:
    response = getattr(error.__cause__, "response", None) or {}
    return list(response.get("CancellationReasons", ()))
