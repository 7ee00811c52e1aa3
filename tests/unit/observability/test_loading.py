import gc

import pytest
import snapshot_restore_py

from observability.loading import load_before_snapshot, loading


def test_garbage_is_looked_for_again_when_all_is_loaded() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_and_when_something_could_not_be_loaded() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        raise ModuleNotFoundError
    assert gc.isenabled()
    gc.unfreeze()


def test_what_a_snapshot_shall_hold_is_loaded_when_it_is_taken_and_no_sooner() -> None:
    load_before_snapshot("no_such_module")
    (load, arguments, _) = snapshot_restore_py.get_before_snapshot().pop()
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        load(*arguments)
    assert gc.isenabled()
    gc.unfreeze()
