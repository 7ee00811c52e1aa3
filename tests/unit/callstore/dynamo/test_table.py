"""What is tried again, what is not, and how errors of AWS arrive."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from callcore.errors import InvalidInput, StoreError
from callstore.dynamo.keys import Key
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, delete, put

A, B = Key("a", "1"), Key("b", "2")
ITEM_A = {"PK": {"S": "a"}, "SK": {"S": "1"}, "n": {"N": "1"}}
ITEM_B = {"PK": {"S": "b"}, "SK": {"S": "2"}, "n": {"N": "2.5"}}


class ScriptedClient:
    """Answers each request with the next reply; an exception is raised."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def answer(**request: Any) -> Any:
            self.requests.append((method, request))
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply

        return answer


def table_on(*replies: Any) -> tuple[DynamoTable, ScriptedClient, list[float]]:
    pauses: list[float] = []
    client = ScriptedClient(*replies)
    return DynamoTable(client, "parley", pauses.append), client, pauses


def refusal(code: str, *, message: str = "", reasons: tuple[str, ...] = ()) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


def test_keys_that_a_batch_leaves_unread_are_asked_for_again() -> None:
    left = {"parley": {"Keys": [{"PK": {"S": "b"}, "SK": {"S": "2"}}]}}
    table, client, pauses = table_on(
        {"Responses": {"parley": [ITEM_A]}, "UnprocessedKeys": left},
        {"Responses": {}, "UnprocessedKeys": left},
        {"Responses": {"parley": [ITEM_B]}},
    )
    found = table.get_many([A, B])
    assert {key: row["n"] for key, row in found.items()} == {A: 1, B: 2.5}
    asked = [len(request["RequestItems"]["parley"]["Keys"]) for _, request in client.requests]
    assert asked == [2, 1, 1]
    assert len(pauses) == 2


def test_writes_that_a_batch_leaves_undone_are_sent_again() -> None:
    undone = {"DeleteRequest": {"Key": {"PK": {"S": "b"}, "SK": {"S": "2"}}}}
    table, client, pauses = table_on({"UnprocessedItems": {"parley": [undone]}}, {})
    table.write_many([put(A, {"n": 1}), delete(B)])
    assert [request["RequestItems"]["parley"] for _, request in client.requests][1] == [undone]
    assert len(pauses) == 1


def test_a_batch_that_never_ends_is_a_passing_failure_of_the_store() -> None:
    left: Any = {"UnprocessedItems": {"parley": [{"DeleteRequest": {"Key": {}}}]}}
    table, client, pauses = table_on(*[left] * 10)
    with pytest.raises(StoreError) as failure:
        table.write_many([delete(A)])
    assert failure.value.retryable
    assert len(client.requests) == 10
    assert all(0 <= pause <= 1 for pause in pauses)


def test_many_rows_go_in_batches_of_what_aws_takes() -> None:
    table, client, _ = table_on(*[{}] * 3, *[{"Responses": {}}] * 3)
    table.write_many([put(Key("a", str(number)), {}) for number in range(60)])
    table.get_many([Key("a", str(number)) for number in range(250)])
    sizes = [
        len(batch["Keys"] if isinstance(batch, dict) else batch)
        for _, request in client.requests
        for batch in request["RequestItems"].values()
    ]
    assert sizes == [25, 25, 10, 100, 100, 50]


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_another_is_tried_again(reason: str) -> None:
    table, client, pauses = table_on(refusal("TransactionCanceledException", reasons=("None", reason)), {})
    table.write(put(A, {}), put(B, {}))
    assert (len(client.requests), len(pauses)) == (2, 1)


def test_a_condition_that_does_not_hold_is_told_at_once_and_by_its_number() -> None:
    reasons = ("TransactionConflict", "ConditionalCheckFailed")
    table, client, _ = table_on(refusal("TransactionCanceledException", reasons=reasons))
    with pytest.raises(Refused) as refused:
        table.write(put(A, {}), put(B, {}, ABSENT))
    assert (list(refused.value.failed), len(client.requests)) == ([1], 1)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (refusal("ProvisionedThroughputExceededException"), True),
        (refusal("InternalServerError"), True),
        (refusal("AccessDeniedException"), False),
        (refusal("ResourceNotFoundException"), False),
        (EndpointConnectionError(endpoint_url="http://there"), True),
    ],
)
def test_errors_of_aws_say_whether_trying_again_helps(error: Exception, retryable: bool) -> None:
    table, _, _ = table_on(error)
    with pytest.raises(StoreError) as failure:
        table.get(A)
    assert failure.value.retryable is retryable


@pytest.mark.parametrize("writes", [1, 2])
def test_a_row_that_is_too_large_is_the_callers_fault(writes: int) -> None:
    message = "Item size has exceeded the maximum allowed size secret"
    alone = refusal("ValidationException", message=message)
    together = refusal("TransactionCanceledException", message=message, reasons=("None", "ValidationError"))
    table, _, _ = table_on(alone if writes == 1 else together)
    with pytest.raises(InvalidInput) as failure:
        table.write(*[put(A, {"doc": "x"})] * writes)
    assert "secret" not in str(failure.value)
