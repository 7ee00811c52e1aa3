"""The owner's view of the webhooks that we send."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from unittest.mock import patch

from starlette.testclient import TestClient

from callcore.deliveries.delivery import Attempt, DeliveryState, WebhookDelivery
from callcore.ids import AccountId, SessionId
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import PRIVATE

OURS = {"Authorization": PRIVATE}
DEAD = WebhookDelivery(
    "call.ended:s-1",
    rows.ANN,
    SessionId("s-1"),
    100.0,
    200.0,
    DeliveryState.DEAD,
    9,
    (Attempt(150.0, "503"), Attempt(160.0, "no reply within 10 s")),
)


def test_the_dead_ones_are_listed_and_found_by_id_and_by_call(client: TestClient, stores: SqliteStores) -> None:
    stores.deliveries.add_delivery(DEAD)
    stores.deliveries.add_delivery(replace(DEAD, delivery_id="call.ended:s-2", state=DeliveryState.PENDING))
    body = {
        "id": "call.ended:s-1",
        "session_id": "s-1",
        "state": "dead",
        "replayable": True,
        "created_at": 100.0,
        "next_attempt_at": None,
        "attempts": [{"at": 150.0, "outcome": "503"}, {"at": 160.0, "outcome": "no reply within 10 s"}],
    }
    assert client.get("/webhooks/deliveries", headers=OURS).json() == {"deliveries": [body]}
    assert client.get("/webhooks/deliveries/call.ended:s-1", headers=OURS).json() == body
    assert client.get("/call-logs/s-1/delivery", headers=OURS).json() == body
    waiting = client.get("/webhooks/deliveries?state=pending&limit=1", headers=OURS).json()["deliveries"]
    assert [one["next_attempt_at"] for one in waiting] == [200.0]
    for path in ("/webhooks/deliveries/call.ended:s-9", "/call-logs/s-9/delivery"):
        assert client.get(path, headers=OURS).status_code == 404
    assert client.get("/webhooks/deliveries?state=lost", headers=OURS).status_code == 422


def test_what_was_refused_is_given_up_too(client: TestClient, stores: SqliteStores) -> None:
    states = (DeliveryState.DEAD, DeliveryState.REFUSED, DeliveryState.DISABLED, DeliveryState.DELIVERED)
    for at, state in enumerate(states):
        given = replace(DEAD, delivery_id=f"call.ended:{state}", created_at=100.0 + at, state=state)
        stores.deliveries.add_delivery(given)
    for query, found in (("", ["refused", "dead"]), ("?limit=1", ["refused"]), ("?state=dead", ["dead"])):
        listed = client.get(f"/webhooks/deliveries{query}", headers=OURS).json()["deliveries"]
        assert [one["state"] for one in listed] == found


def test_a_replay_is_due_at_once(client: TestClient, stores: SqliteStores) -> None:
    stores.deliveries.add_delivery(DEAD)
    reply = client.post("/webhooks/deliveries/call.ended:s-1/replay", headers=OURS)
    assert (reply.status_code, reply.json()["state"]) == (200, "pending")
    [due] = stores.deliveries.take_due(reply.json()["next_attempt_at"], 9, 60)
    assert (due.delivery_id, due.failures) == ("call.ended:s-1", 0)
    assert client.post("/webhooks/deliveries/x/replay", headers=OURS).status_code == 404


def disabled(client: TestClient) -> list[str]:
    return [one["url"] for one in client.get("/webhooks/disabled", headers=OURS).json()["disabled"]]


def test_a_disabled_address_is_shown_and_saving_it_in_an_agent_enables_it(
    client: TestClient, stores: SqliteStores
) -> None:
    for number, url in enumerate(("https://ann.example/a", "https://ann.example/b")):
        stores.disabled_webhooks.disable_webhook(rows.ANN, url, float(number))
    stores.disabled_webhooks.disable_webhook(rows.BOB, "https://bob.example/", 3.0)
    assert disabled(client) == ["https://ann.example/b", "https://ann.example/a"]
    webhook = {"session_data_webhook": {"url": " https://ann.example/a "}}
    made = client.post("/agents", headers=OURS, json={"name": "A", "config": webhook}).json()
    assert disabled(client) == ["https://ann.example/b"]
    client.put(f"/agents/{made['id']}", headers=OURS, json={"config": {"prompt": "Be kind."}})
    stores.disabled_webhooks.disable_webhook(rows.ANN, "https://ann.example/a", 9.0)
    client.put(f"/agents/{made['id']}", headers=OURS, json={"config": {"prompt": "Be short."}})
    assert disabled(client)[0] == "https://ann.example/a", "its address was not saved again"
    client.put(f"/agents/{made['id']}", headers=OURS, json={"config": webhook})
    assert disabled(client) == ["https://ann.example/b"]


def test_a_replay_enables_the_address_again(client: TestClient, stores: SqliteStores) -> None:
    config = {"session_data_webhook": "https://ann.example/a"}
    stores.calls.begin_call(replace(rows.live_call(), agent_config=config))
    stores.deliveries.add_delivery(replace(DEAD, state=DeliveryState.DISABLED))
    stores.disabled_webhooks.disable_webhook(rows.ANN, "https://ann.example/a", 9.0)
    assert client.post("/webhooks/deliveries/call.ended:s-1/replay", headers=OURS).json()["state"] == "pending"
    assert disabled(client) == []


def test_secrets_overlap_until_the_old_one_is_dropped(client: TestClient, stores: SqliteStores) -> None:
    made = [client.post("/webhooks/secret", headers=OURS).json() for _ in range(3)]
    assert [one["valid_secrets"] for one in made] == [1, 2, 2]
    kept = stores.accounts.get_account(rows.ANN).webhook_secrets
    assert kept == (made[2]["webhook_secret"], made[1]["webhook_secret"])
    assert client.delete("/webhooks/secret/previous", headers=OURS).json() == {"valid_secrets": 1}
    assert stores.accounts.get_account(rows.ANN).webhook_secrets == kept[:1]


def test_two_secrets_made_at_once_are_both_valid(client: TestClient, stores: SqliteStores) -> None:
    arrived = Barrier(2)
    change = stores.credentials.change_webhook_secrets

    def together(account_id: AccountId, made: Callable[[tuple[str, ...]], tuple[str, ...]]) -> tuple[str, ...]:
        arrived.wait(60)
        return change(account_id, made)

    with patch.object(stores.credentials, "change_webhook_secrets", together), ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: client.post("/webhooks/secret", headers=OURS).json(), range(2)))
    assert sorted(one["valid_secrets"] for one in made) == [1, 2]
    assert set(stores.accounts.get_account(rows.ANN).webhook_secrets) == {one["webhook_secret"] for one in made}


def test_what_was_not_kept_cannot_be_replayed_and_says_so(client: TestClient, stores: SqliteStores) -> None:
    stores.deliveries.add_delivery(replace(DEAD, private=True))
    assert client.get("/webhooks/deliveries/call.ended:s-1", headers=OURS).json()["replayable"] is False
    refused = client.post("/webhooks/deliveries/call.ended:s-1/replay", headers=OURS)
    assert refused.status_code == 409
    assert "can't be replayed" in refused.text
