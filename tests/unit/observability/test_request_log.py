import logging

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from observability.request_log import RequestLog


def app_of_one_route() -> FastAPI:
    router = APIRouter()

    @router.get("/phones/{phone}")
    def read_phone(phone: str) -> dict[str, str]:
        if phone == "broken":
            raise RuntimeError
        return {"phone": phone}

    app = FastAPI()
    app.include_router(router)
    return app


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/phones/+15550001?name=Ann", ("GET", "/phones/{phone}", 200)),
        ("/unknown/+15550001", ("GET", None, 404)),
        ("/phones/broken", ("GET", "/phones/{phone}", 500)),
    ],
)
def test_a_request_is_logged_by_its_route(
    path: str, line: tuple[str, str | None, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "observability.request_log")
    TestClient(RequestLog(app_of_one_route()), raise_server_exceptions=False).get(path)
    [record] = [one for one in caplog.records if one.name == "observability.request_log"]
    fields = vars(record)
    assert (fields["method"], fields["route"], fields["response_status"]) == line
    assert not any("5550001" in str(value) or "Ann" in str(value) for value in fields.values())
