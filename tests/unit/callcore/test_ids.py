import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from callcore.ids import new_account_id, new_agent_id, new_session_id

YEAR_2026, YEAR_2100 = 1_767_225_600.0, 4_102_444_800.0


def test_agent_ids_look_as_on_the_wire() -> None:
    assert re.fullmatch(r"-O[A-Za-z0-9_-]{18}", new_agent_id(YEAR_2026))


@given(st.floats(YEAR_2026, YEAR_2100), st.floats(0.001, 1e6))
def test_agent_ids_sort_by_creation(unix_s: float, later_s: float) -> None:
    earlier, later = new_agent_id(unix_s)[:8], new_agent_id(unix_s + later_s + 0.001)[:8]
    assert earlier < later


def test_ids_differ() -> None:
    assert len({new_agent_id(YEAR_2026) for _ in range(1000)}) == 1000
    assert len({new_account_id() for _ in range(1000)}) == 1000
    assert len({new_session_id() for _ in range(1000)}) == 1000


def test_session_ids_are_random_uuids() -> None:
    assert uuid.UUID(new_session_id()).version == 4
