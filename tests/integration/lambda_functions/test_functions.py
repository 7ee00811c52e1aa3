"""Every function from the built artifact, under Lambda's own runtime client, with the events of its triggers."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

import pytest

from callcore.blobs import recording_key
from callcore.calls.call import Call, CallStatus, EndCode
from callcore.campaigns.campaign import Campaign, CampaignStatus
from callcore.deliveries.delivery import DeliveryState, delivery_id_of
from callcore.ids import AgentId, CallId, SessionId, new_session_id
from callcore.phones.phone import PhoneNumber
from callcore.ports import BlobStore
from callcore.wire.events import CallEnded
from callcore.workers.worker import STALE_S, Worker
from callstore.aws.stores import AwsStores
from tests.integration.lambda_functions.built import Built
from tests.integration.lambda_functions.conftest import ACCOUNT, ORIGIN, PRIVATE_KEY, PUBLIC_KEY, PUBLIC_URL
from tests.peers.lambda_events import http_api, load_balancer, schedule, sqs_batch
from tests.peers.lambda_runtime import FunctionError, LambdaFunction

KEY = {"authorization": PRIVATE_KEY}
AGENT = json.dumps({"name": "Zoë", "config": {"prompt": "Be nice to {userName}."}}).encode()

Request = Callable[..., dict[str, Any]]


def body_of(reply: Any) -> Any:
    return json.loads(reply["body"])


@pytest.fixture(params=["HTTP API", "load balancer"])
def road(request: pytest.FixtureRequest) -> tuple[LambdaFunction, Request]:
    """REST as both origins bring it."""
    if request.param == "HTTP API":
        return request.getfixturevalue("api"), http_api
    return request.getfixturevalue("api_behind_a_balancer"), load_balancer


def test_an_agent_is_made_read_and_deleted(road: tuple[LambdaFunction, Request]) -> None:
    api, request_of = road
    made = api.invoke(request_of("POST", "/agents", headers=KEY, body=AGENT))
    assert made["statusCode"] == 200, made
    path = f"/agents/{body_of(made)['id']}"
    read = api.invoke(request_of("GET", path, headers={"authorization": f"Bearer {PRIVATE_KEY}"}))
    assert body_of(read)["name"] == "Zoë"
    assert api.invoke(request_of("DELETE", path, headers=KEY))["statusCode"] == 200
    assert api.invoke(request_of("GET", path, headers=KEY))["statusCode"] == 404


def test_a_query_arrives_as_it_was_sent(road: tuple[LambdaFunction, Request]) -> None:
    api, request_of = road
    reply = api.invoke(request_of("GET", "/call-logs", urlencode({"limit": "0", "phone": "+1 555"}), KEY))
    assert reply["statusCode"] == 422
    assert "limit" in body_of(reply)["message"]


@pytest.mark.parametrize(("link", "form"), [("recording_url", "mixed"), ("stereo_recording_url", "stereo")])
def test_a_recording_is_heard_from_the_bucket(
    road: tuple[LambdaFunction, Request], stores: AwsStores, bucket: BlobStore, link: str, form: str
) -> None:
    api, request_of = road
    call = begun(stores, 1_700_000_000.0)
    key = recording_key(ACCOUNT.account_id, call.session_id, form)
    writer = bucket.create(key, "audio/wav")
    writer.append(form.encode())
    writer.finish(b"")
    stores.calls.finish_call(
        replace(call, status=CallStatus.USER_ENDED, duration_s=1, chat=(), recording={form: key, "mixed": key})
    )
    found = body_of(api.invoke(request_of("GET", f"/call-logs/{call.session_id}", headers=KEY)))
    address = urlsplit(found["recording"][link])
    assert f"https://{address.netloc}" in (PUBLIC_URL, f"https://{http_api('GET', '/')['headers']['host']}")
    heard = api.invoke(request_of("GET", address.path, address.query))
    assert heard["statusCode"] == 302, heard
    with urlopen(heard["headers"]["location"], timeout=10) as sound:
        assert sound.read() == form.encode()


def test_behind_a_balancer_the_origin_must_be_told(api: LambdaFunction) -> None:
    """A Host header would be anybody's choice."""
    with pytest.raises(FunctionError, match="which origin people are told"):
        api.invoke(load_balancer("GET", "/health"))


def test_a_body_that_is_no_text_is_the_clients_error(api: LambdaFunction) -> None:
    reply = api.invoke(http_api("POST", "/agents", headers=KEY, body=b"\xff\xfe"))
    assert 400 <= reply["statusCode"] < 500
    assert body_of(reply)["message"]


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"authorization": "no-such-key"}, 401)])
def test_a_request_without_a_key_is_refused(api: LambdaFunction, headers: dict[str, str], status: int) -> None:
    reply = api.invoke(http_api("GET", "/agents", headers=headers))
    assert reply["statusCode"] == status
    assert reply["headers"]["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("request_of", [http_api, load_balancer])
def test_the_page_is_for_the_key_that_it_names(widget_page: LambdaFunction, request_of: Request) -> None:
    query = urlencode({"id": "-Abc", "k": PUBLIC_KEY})
    reply = widget_page.invoke(request_of("GET", "/agents/embedded", query))
    assert reply["statusCode"] == 200, reply
    assert f"frame-ancestors {ORIGIN};" in reply["headers"]["content-security-policy"]
    assert "connect-src 'self' wss://media.example" in reply["headers"]["content-security-policy"]
    assert reply["headers"]["cache-control"] == "public, max-age=0, s-maxage=60"
    again = widget_page.invoke(
        request_of("GET", "/agents/embedded", query, {"if-none-match": reply["headers"]["etag"]})
    )
    assert again["statusCode"] == 304


@pytest.mark.parametrize("request_of", [http_api, load_balancer])
def test_metadata_makes_the_page_personal(widget_page: LambdaFunction, request_of: Request) -> None:
    query = urlencode({"id": "-Abc", "k": PUBLIC_KEY, "userName": "Ann+Bo & 50%"})
    reply = widget_page.invoke(request_of("GET", "/agents/embedded", query))
    assert reply["headers"]["cache-control"] == "no-store"
    assert r"Ann+Bo \u0026 50%" in reply["body"]


def test_the_loader_and_the_assets_come_from_the_layer(widget_page: LambdaFunction) -> None:
    loader = widget_page.invoke(http_api("GET", "/embed.js"))
    assert loader["statusCode"] == 200
    assert loader["headers"]["content-type"].startswith("text/javascript")
    tag = loader["headers"]["etag"]
    assert widget_page.invoke(http_api("GET", "/embed.js", headers={"if-none-match": tag}))["statusCode"] == 304
    for name in ("call-widget.js", "playground/console.css", "playground/try.js"):
        assert widget_page.invoke(http_api("GET", f"/widget/{name}"))["statusCode"] == 200
    assert widget_page.invoke(http_api("GET", "/widget/../settings.py"))["statusCode"] == 404


def test_the_console_is_opened_by_a_private_key(playground: LambdaFunction) -> None:
    asked = playground.invoke(http_api("GET", "/console/sign-in"))
    (cookie,) = asked["cookies"]
    (proof,) = re.findall(r'name="proof" value="([^"]+)"', asked["body"])
    form = urlencode({"proof": proof, "key": PRIVATE_KEY}).encode()
    headers = {"cookie": cookie.partition(";")[0], "content-type": "application/x-www-form-urlencoded"}
    opened = playground.invoke(http_api("POST", "/console/sign-in", headers=headers, body=form))
    assert (opened["statusCode"], opened["headers"]["location"]) == (303, "/console/agents")
    (session,) = opened["cookies"]
    assert session.startswith("__Host-parley_console=acc_lambda.")
    assert {"Secure", "HttpOnly"} <= {part.strip() for part in session.split(";")}
    for name in ("Agents", "Calls", "Numbers", "Keys", "Usage", "Health"):
        path, headers = f"/console/{name.lower()}", {"cookie": session.partition(";")[0]}
        page = playground.invoke(http_api("GET", path, headers=headers))
        assert page["statusCode"] == 200, name
        assert f"<h1>{name}</h1>" in page["body"]
    assert PRIVATE_KEY not in playground.log()


def begun(stores: AwsStores, started_at: float, config: Mapping[str, Any] = MappingProxyType({})) -> Call:
    session_id = new_session_id()
    call = Call(
        session_id=session_id,
        call_id=CallId(session_id),
        account_id=ACCOUNT.account_id,
        status=CallStatus.IN_PROGRESS,
        started_at=started_at,
        agent_id=AgentId("-Abc"),
        agent_config=config,
        metadata={},
        worker_id="worker-1",
    )
    stores.calls.begin_call(call)
    return call


def ended(session_id: SessionId) -> str:
    event = CallEnded(
        account_id=ACCOUNT.account_id, session_id=session_id, status=CallStatus.USER_ENDED, duration_s=7, chars_used=3
    )
    return event.model_dump_json()


def test_a_batch_stores_what_it_can_and_names_what_it_cannot(call_events: LambdaFunction, stores: AwsStores) -> None:
    call = begun(stores, time.time())
    unknown = ended(SessionId("never-begun +15550100"))
    reply = call_events.invoke(sqs_batch([ended(call.session_id), "{not JSON +15550100", unknown], attempt=2))
    assert reply == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    assert stores.calls.get_call(ACCOUNT.account_id, call.session_id).status is CallStatus.USER_ENDED
    log = call_events.log()
    assert "15550100" not in log
    failures = [json.loads(line) for line in log.splitlines() if "a message failed" in line]
    assert [(line["attempt"], line["error"]) for line in failures] == [(2, "ValidationError"), (2, "NotFound")]


def test_a_batch_of_failures_fails_whole_without_an_error(call_events: LambdaFunction) -> None:
    assert call_events.invoke(sqs_batch(["", "{}"])) == {
        "batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]
    }


def test_the_same_end_twice_is_harmless(call_events: LambdaFunction, stores: AwsStores) -> None:
    call = begun(stores, time.time())
    for _ in range(2):
        assert call_events.invoke(sqs_batch([ended(call.session_id)])) == {"batchItemFailures": []}


def test_the_tick_ends_the_calls_whose_worker_died(call_events: LambdaFunction, stores: AwsStores, tick: str) -> None:
    lost, alive = begun(stores, time.time() - STALE_S - 5), begun(stores, time.time())
    assert call_events.invoke(schedule(tick)) is None
    found = stores.calls.get_call(ACCOUNT.account_id, lost.session_id)
    assert (found.status, found.error_message) == (CallStatus.ERROR, EndCode.WORKER_LOST)
    assert stores.calls.get_call(ACCOUNT.account_id, alive.session_id).status is CallStatus.IN_PROGRESS
    counted = [json.loads(line) for line in call_events.log().splitlines() if '"CallsLost":[' in line]
    assert counted[-1]["CallsLost"] == [1.0]


def test_the_tick_orders_calls_of_campaigns_and_says_why_it_cannot(
    call_events: LambdaFunction, api: LambdaFunction, stores: AwsStores, tick: str
) -> None:
    made = body_of(api.invoke(http_api("POST", "/campaigns", headers=KEY, body=b'{"name": "Spring"}')))
    path, records = f"/campaigns/{made['id']}", b'[{"phone": "+15550001"}, {"phone": "+15550002"}]'
    assert api.invoke(http_api("POST", f"{path}/records", headers=KEY, body=records))["statusCode"] == 200
    assert "no caller" in body_of(api.invoke(http_api("POST", f"{path}/start", headers=KEY)))["message"]

    def started(campaign: Campaign | None) -> Campaign:
        assert campaign is not None
        return replace(campaign, status=CampaignStatus.STARTED, caller=PhoneNumber("+15550009"))

    stores.campaigns.change_campaign(ACCOUNT.account_id, made["id"], started)
    # Other tests left calls that ring; a campaign would wait for room.
    stores.accounts.put_account(replace(ACCOUNT, max_concurrent_calls=10_000))
    stores.workers.beat(Worker("w-1", time.time(), 10))
    assert call_events.invoke(schedule(tick)) is None
    told = body_of(api.invoke(http_api("GET", f"{path}/info", headers=KEY)))
    assert (told["status"], told["error_message"]) == ("failed", "phone +15550009 was not found")
    assert told["record_counts"]["not_started"] == 2


def test_a_webhook_is_tried_from_the_artifact_and_never_at_a_private_address(
    call_events: LambdaFunction, stores: AwsStores
) -> None:
    call = begun(stores, time.time(), {"session_data_webhook": "https://169.254.169.254/latest/meta-data/"})
    assert call_events.invoke(sqs_batch([ended(call.session_id)])) == {"batchItemFailures": []}
    found = stores.delivery_log.find_delivery(ACCOUNT.account_id, delivery_id_of(call.session_id))
    assert found.state is DeliveryState.REFUSED
    assert "not public" in found.attempts[0].outcome


def test_an_event_of_another_trigger_is_an_error_that_names_it(call_events: LambdaFunction) -> None:
    with pytest.raises(FunctionError, match="InvalidInput: the event is neither"):
        call_events.invoke({"detail-type": "Object Created"})


def test_a_log_line_names_its_invocation_and_its_request(call_events: LambdaFunction, stores: AwsStores) -> None:
    call_events.invoke(sqs_batch([ended(begun(stores, time.time()).session_id)]))
    line = json.loads([line for line in call_events.log().splitlines() if '"a call ended"' in line][-1])
    assert (line["service"], line["function_name"]) == ("parley-call-events", "parley")
    assert line["correlation_id"] == line["function_request_id"]
    assert line["xray_trace_id"].startswith("1-")


def test_a_request_is_logged_by_its_route_and_not_by_its_path(api: LambdaFunction) -> None:
    sent = http_api("GET", "/phones/+15550199", headers=KEY)
    assert api.invoke(sent)["statusCode"] == 404
    line = json.loads([line for line in api.log().splitlines() if '"request served"' in line][-1])
    assert (line["method"], line["route"], line["response_status"]) == ("GET", "/phones/{phone}", 404)
    assert line["correlation_id"] == sent["requestContext"]["requestId"]
    assert "15550199" not in api.log()


@pytest.mark.parametrize("module", ["api", "widget_page", "playground", "call_events"])
def test_a_function_without_its_table_does_not_start(built: Built, module: str) -> None:
    with (
        pytest.raises(FunctionError, match=r"(?i)table"),
        built.start(f"{module}.handler.handler", {"WIDGET_ASSETS_DIR": str(built.assets / "widget")}),
    ):
        pass
