"""What every outbox of private reports promises."""

import pytest

from callcore.deliveries.private_report import SealedReport
from callcore.errors import InvalidInput
from callcore.ids import SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

NOW = 1_800_000_000.0
SESSION = SessionId("s-1")


def report(name: str = "s-1", expires_at: float = NOW + 60, sealed: bytes = b"\x00\xffsealed") -> SealedReport:
    return SealedReport(rows.ANN, SessionId(name), sealed, expires_at)


def test_a_report_is_found_by_its_account_until_it_expires(stores: Stores) -> None:
    outbox = stores.outbox
    assert outbox.find_report(rows.ANN, SESSION, NOW) is None
    outbox.put_report(report())
    assert outbox.find_report(rows.ANN, SESSION, NOW) == b"\x00\xffsealed"
    assert outbox.find_report(rows.BOB, SESSION, NOW) is None
    assert outbox.find_report(rows.ANN, SESSION, NOW + 60) is None


def test_a_report_is_deleted_by_its_account_alone(stores: Stores) -> None:
    stores.outbox.put_report(report())
    stores.outbox.delete_report(rows.BOB, SESSION)
    assert stores.outbox.find_report(rows.ANN, SESSION, NOW)
    stores.outbox.delete_report(rows.ANN, SESSION)
    stores.outbox.delete_report(rows.ANN, SESSION)
    assert stores.outbox.find_report(rows.ANN, SESSION, NOW) is None
    assert stores.outbox.delete_expired(NOW + 600) == 0


def test_what_expired_is_swept_and_nothing_else(stores: Stores) -> None:
    for number in range(5):
        stores.outbox.put_report(report(f"s-{number}", NOW + number))
    assert stores.outbox.delete_expired(NOW + 2) == 3
    assert stores.outbox.delete_expired(NOW + 2) == 0
    left = [number for number in range(5) if stores.outbox.find_report(rows.ANN, SessionId(f"s-{number}"), NOW)]
    assert left == [3, 4]


def test_what_does_not_fit_is_refused(stores: Stores, adapter: str) -> None:
    large = report(sealed=bytes(500_000))
    if "aws" in adapter:
        with pytest.raises(InvalidInput):
            stores.outbox.put_report(large)
    else:
        stores.outbox.put_report(large)
