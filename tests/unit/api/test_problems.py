import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.problems import add_problem_handlers
from callcore.errors import (
    CallError,
    Conflict,
    IdempotencyMismatch,
    InvalidInput,
    InvalidTransition,
    LimitExceeded,
    LocalProtocolError,
    NotAllowed,
    NotFound,
    StoreError,
    Unauthenticated,
)


def client_of(error: Exception) -> TestClient:
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/fail")
    async def fail() -> None:
        raise error

    @app.get("/items")
    async def items(limit: int) -> int:
        return limit

    @app.post("/items")
    async def add(item: dict[str, int]) -> int:
        return len(item)

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InvalidInput("metadata has 65 keys"), 400, "metadata has 65 keys"),
        (Unauthenticated("who are you"), 401, "who are you"),
        (NotAllowed("the key allows no overrides"), 403, "the key allows no overrides"),
        (NotFound("agent", "-A"), 404, "agent -A was not found"),
        (Conflict("it has begun"), 409, "it has begun"),
        (IdempotencyMismatch("another body"), 422, "another body"),
        (LimitExceeded("50 calls at once"), 429, "50 calls at once"),
        (StoreError("disk I/O error at /secret/path", retryable=True), 503, "the store cannot answer at the moment"),
        (InvalidTransition("call", "a", "b"), 500, "internal error"),
        (LocalProtocolError("secret"), 500, "internal error"),
        (CallError("secret"), 500, "internal error"),
        (ZeroDivisionError("secret"), 500, "internal error"),
    ],
)
def test_every_error_has_its_status_and_body(error: Exception, status: int, message: str) -> None:
    reply = client_of(error).get("/fail")
    assert reply.status_code == status
    assert reply.json() == {"detail": message, "message": message}


def test_a_validation_error_keeps_the_list_of_details_without_what_was_sent() -> None:
    reply = client_of(ValueError()).get("/items", params={"limit": "personal"})
    assert reply.status_code == 422
    body = reply.json()
    assert body["detail"] == [
        {
            "loc": ["query", "limit"],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "type": "int_parsing",
        }
    ]
    assert body["message"].startswith("query.limit: Input should be a valid integer")
    assert "personal" not in reply.text


def test_a_body_that_is_no_json_is_told_where_it_ends_to_be_it() -> None:
    json = {"Content-Type": "application/json"}
    reply = client_of(ValueError()).post("/items", content=b'{"limit": 1 "personal"}', headers=json)
    assert reply.status_code == 422
    what = "JSON decode error at character 12: Expecting ',' delimiter"
    assert reply.json() == {
        "detail": [{"loc": ["body"], "msg": what, "type": "json_invalid"}],
        "message": f"body: {what}",
    }
