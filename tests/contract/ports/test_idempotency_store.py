from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from callcore.idempotency import REMEMBERED_S, RUNNING_S, EarlierRequest, KeyedRequest
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

REQUEST = KeyedRequest(rows.ANN, "key-1", "f" * 64)
RUNNING = EarlierRequest(REQUEST.fingerprint, None)


def test_a_key_is_taken_once_and_its_reply_given_again(stores: Stores) -> None:
    assert stores.idempotency.begin_request(REQUEST) is None
    assert stores.idempotency.begin_request(REQUEST) == RUNNING
    stores.idempotency.finish_request(REQUEST, '{"call_id":"é"}')
    assert stores.idempotency.begin_request(REQUEST) == EarlierRequest(REQUEST.fingerprint, '{"call_id":"é"}')


def test_the_first_fingerprint_is_kept(stores: Stores) -> None:
    stores.idempotency.begin_request(REQUEST)
    assert stores.idempotency.begin_request(replace(REQUEST, fingerprint="0" * 64)) == RUNNING


def test_a_given_back_key_is_free_and_a_finished_one_is_not_given_back(stores: Stores) -> None:
    stores.idempotency.begin_request(REQUEST)
    stores.idempotency.abandon_request(REQUEST)
    assert stores.idempotency.begin_request(REQUEST) is None
    stores.idempotency.finish_request(REQUEST, "{}")
    stores.idempotency.abandon_request(REQUEST)
    assert stores.idempotency.begin_request(REQUEST) == EarlierRequest(REQUEST.fingerprint, "{}")


def test_a_dead_request_and_an_old_reply_do_not_count(stores: Stores, clock: ManualClock) -> None:
    stores.idempotency.begin_request(REQUEST)
    clock.advance(RUNNING_S - 1)
    assert stores.idempotency.begin_request(REQUEST) == RUNNING
    clock.advance(1)
    assert stores.idempotency.begin_request(REQUEST) is None
    stores.idempotency.finish_request(REQUEST, "{}")
    clock.advance(REMEMBERED_S - 1)
    assert stores.idempotency.begin_request(REQUEST) == EarlierRequest(REQUEST.fingerprint, "{}")
    clock.advance(1)
    assert stores.idempotency.begin_request(REQUEST) is None


def test_keys_of_two_accounts_are_two_keys(stores: Stores) -> None:
    bobs = replace(REQUEST, account_id=rows.BOB)
    assert stores.idempotency.begin_request(REQUEST) is None
    assert stores.idempotency.begin_request(bobs) is None
    stores.idempotency.finish_request(bobs, "{}")
    stores.idempotency.abandon_request(bobs)
    assert stores.idempotency.begin_request(REQUEST) == RUNNING


def test_one_of_many_threads_takes_a_key(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: stores.idempotency.begin_request(REQUEST), range(16)))
    assert found.count(None) == 1
