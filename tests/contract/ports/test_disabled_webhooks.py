from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

URL = "https://ann.example/calls?who={userName}"


def test_an_address_is_disabled_since_the_first_time_until_it_is_enabled(stores: Stores) -> None:
    stores.disabled_webhooks.disable_webhook(rows.ANN, URL, 5.5)
    stores.disabled_webhooks.disable_webhook(rows.ANN, URL, 7.0)
    stores.disabled_webhooks.disable_webhook(rows.ANN, "https://ann.example/" + "x" * 2_000, 8.0)
    assert stores.disabled_webhooks.list_disabled(rows.ANN)[URL] == 5.5
    assert len(stores.disabled_webhooks.list_disabled(rows.ANN)) == 2
    for _ in range(2):
        stores.disabled_webhooks.enable_webhook(rows.ANN, URL)
    assert URL not in stores.disabled_webhooks.list_disabled(rows.ANN)
    stores.disabled_webhooks.disable_webhook(rows.ANN, URL, 9.0)
    assert stores.disabled_webhooks.list_disabled(rows.ANN)[URL] == 9.0


def test_nobody_disables_for_another(stores: Stores) -> None:
    stores.disabled_webhooks.disable_webhook(rows.BOB, URL, 5.5)
    assert stores.disabled_webhooks.list_disabled(rows.ANN) == {}
    stores.disabled_webhooks.enable_webhook(rows.ANN, URL)
    assert stores.disabled_webhooks.list_disabled(rows.BOB) == {URL: 5.5}
