"""How and when a function's modules are loaded."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays, without looking for garbage among it: that would take a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load_before_snapshot(*modules: str) -> None:
    """Have these in the snapshot that Lambda takes of a function that has started (SnapStart).

    Where no snapshot is taken a start does not load them: the first request that needs one does.
    """
    try:
        from snapshot_restore_py import register_before_snapshot
    except ModuleNotFoundError:  # Lambda's runtime brings it, and nobody else needs it
        return
    register_before_snapshot(_load, modules)


def _load(modules: Sequence[str]) -> None:
    with loading():
        for module in modules:
            import_module(module)
