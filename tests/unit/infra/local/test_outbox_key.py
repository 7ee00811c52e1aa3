from pathlib import Path

import pytest

from callcore.errors import InvalidInput
from infra.local.outbox_key import kept_key


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.key"
    key = kept_key(path)
    assert (len(key), kept_key(path)) == (64, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_key(tmp_path / "another.key") != key


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "outbox.key"
    path.write_text("short")
    with pytest.raises(InvalidInput, match="damaged"):
        kept_key(path)
