from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores


def test_a_token_is_used_once_per_account(stores: Stores, clock: ManualClock) -> None:
    expires_at = clock.now_s + 60
    assert stores.used_tokens.use_once(rows.ANN, "t-1", expires_at)
    assert not stores.used_tokens.use_once(rows.ANN, "t-1", expires_at)
    assert stores.used_tokens.use_once(rows.BOB, "t-1", expires_at)
    assert stores.used_tokens.use_once(rows.ANN, "t-2", expires_at)


def test_a_use_is_forgotten_when_the_token_has_expired_and_not_before(stores: Stores, clock: ManualClock) -> None:
    assert stores.used_tokens.use_once(rows.ANN, "t-1", clock.now_s + 60)
    clock.advance(59.9)
    assert not stores.used_tokens.use_once(rows.ANN, "t-1", clock.now_s + 60)
    clock.advance(0.2)
    assert stores.used_tokens.use_once(rows.ANN, "t-1", clock.now_s + 60)
