import pytest

from callcore.errors import Conflict
from callcore.ids import SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores


def test_the_last_checkpoint_is_loaded(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.checkpoints.save_checkpoint(rows.checkpoint(saved_at=1.0))
    stores.checkpoints.save_checkpoint(rows.checkpoint(saved_at=2.0))
    assert stores.checkpoints.load_checkpoint(SessionId("s-1")) == rows.checkpoint(saved_at=2.0)


def test_a_checkpoint_belongs_to_its_session_and_outlives_its_call(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call("s-1"))
    stores.calls.begin_call(rows.live_call("s-2"))
    stores.checkpoints.save_checkpoint(rows.checkpoint("s-1"))
    stores.calls.finish_call(rows.ended_call("s-1"))
    assert stores.checkpoints.load_checkpoint(SessionId("s-1")) == rows.checkpoint("s-1")
    assert stores.checkpoints.load_checkpoint(SessionId("s-2")) is None


def test_a_checkpoint_of_no_call_is_refused(stores: Stores) -> None:
    with pytest.raises(Conflict):
        stores.checkpoints.save_checkpoint(rows.checkpoint())
    assert stores.checkpoints.load_checkpoint(SessionId("s-1")) is None
