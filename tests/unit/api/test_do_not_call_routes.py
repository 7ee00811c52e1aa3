from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import Caller


def test_numbers_are_put_there_listed_page_by_page_and_deleted(ann: Caller, bob: Caller, clock: ManualClock) -> None:
    for number in ("+1 555-000-2", "15550001", "+15550003"):
        assert ann.put(f"/do-not-call/{number}", {})[0] == 200
    since = int(clock.now_s)
    listed = [{"phone": f"+1555000{number}", "since": since} for number in (1, 2, 3)]
    assert ann.get("/do-not-call") == (200, {"numbers": listed, "next_cursor": None})
    assert ann.get("/do-not-call?limit=2") == (200, {"numbers": listed[:2], "next_cursor": "+15550002"})
    assert ann.get("/do-not-call?limit=2&after=+15550002") == (200, {"numbers": listed[2:], "next_cursor": None})
    assert bob.get("/do-not-call") == (200, {"numbers": [], "next_cursor": None})
    assert bob.delete("/do-not-call/+15550001")[0] == 404
    assert ann.delete("/do-not-call/+15550001") == (200, {"phone": "+15550001", "deleted": True})
    assert ann.delete("/do-not-call/+15550001")[0] == 404


def test_what_is_no_number_is_refused(ann: Caller, stores: SqliteStores) -> None:
    assert ann.put("/do-not-call/nobody", {})[0] == 400
    assert ann.get("/do-not-call?after=nobody")[0] == 400
    assert ann.get("/do-not-call?limit=0")[0] in (400, 422)
    assert list(stores.do_not_call.list_numbers(rows.ANN, 10)) == []
