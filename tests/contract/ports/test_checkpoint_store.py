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


def test_the_last_beat_of_each_worker_counts(stores: Stores) -> None:
    stores.checkpoints.beat("w-1", 100.5)
    stores.checkpoints.beat("w-1", 110.5)
    stores.checkpoints.beat("w-2", 105.5)
    assert stores.checkpoints.last_beat("w-1") == 110.5
    assert stores.checkpoints.last_beat("w-2") == 105.5
    assert stores.checkpoints.last_beat("w-3") is None
