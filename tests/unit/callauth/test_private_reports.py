from collections.abc import Sequence
from pathlib import Path

import pytest

from callauth.private_reports import SealedReports
from callcore.deliveries.private_report import KEPT_S, PrivateReport, SealedReport
from callcore.errors import StoreError
from callcore.ids import AccountId, SessionId
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock

ANN, BOB = AccountId("acc_ann"), AccountId("acc_bob")
ONE, OTHER = SessionId("s-1"), SessionId("s-2")
REPORT = PrivateReport([{"role": "user", "content": "my secret 😀"}], {"userName": "Ann"})
NOW = 1_800_000_000.0


def reports(tmp_path: Path, *secrets: str) -> SealedReports:
    return SealedReports(SqliteStores(tmp_path / "db", ManualClock()).outbox, lambda: secrets)


def test_a_report_is_kept_for_a_day_and_dropped(tmp_path: Path) -> None:
    kept = reports(tmp_path, "a" * 32)
    kept.keep(ANN, ONE, REPORT, NOW)
    assert kept.read(ANN, ONE, NOW + KEPT_S - 1) == REPORT
    assert kept.read(ANN, ONE, NOW + KEPT_S) is None
    kept.drop(ANN, ONE)
    assert kept.read(ANN, ONE, NOW) is None


def test_an_exchanged_secret_opens_what_it_sealed_and_a_strange_one_nothing(tmp_path: Path) -> None:
    reports(tmp_path, "a" * 32).keep(ANN, ONE, REPORT, NOW)
    assert reports(tmp_path, "b" * 32, "a" * 32).read(ANN, ONE, NOW) == REPORT
    with pytest.raises(StoreError):
        reports(tmp_path, "b" * 32).read(ANN, ONE, NOW)
    with pytest.raises(StoreError):
        reports(tmp_path).keep(ANN, ONE, REPORT, NOW)


@pytest.mark.parametrize(("account_id", "session_id"), [(BOB, ONE), (ANN, OTHER)])
def test_a_sealed_report_cannot_be_passed_off_as_anothers(
    tmp_path: Path, account_id: AccountId, session_id: SessionId
) -> None:
    kept = reports(tmp_path, "a" * 32)
    kept.keep(ANN, ONE, REPORT, NOW)
    sealed = kept.outbox.find_report(ANN, ONE, NOW)
    assert sealed is not None
    kept.outbox.put_report(SealedReport(account_id, session_id, sealed, NOW + 60))
    with pytest.raises(StoreError):
        kept.read(account_id, session_id, NOW)


def test_the_same_report_is_never_sealed_alike(tmp_path: Path) -> None:
    kept = reports(tmp_path, "a" * 32)
    sealed: list[bytes | None] = []
    for _ in range(2):
        kept.keep(ANN, ONE, REPORT, NOW)
        sealed.append(kept.outbox.find_report(ANN, ONE, NOW))
    texts: Sequence[bytes] = [one for one in sealed if one is not None]
    assert len(set(texts)) == 2
    assert not any(b"secret" in one for one in texts)
