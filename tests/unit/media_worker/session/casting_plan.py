"""A day and an agent to cast for."""

from typing import Any

from callcore.ids import AccountId, SessionId
from callcore.opening.plan import OpeningRequest, SessionPlan, begin_opening, finish_opening
from tests.virtual_time import VirtualClock


class Today(VirtualClock):
    EPOCH = 1_795_000_000.0


def plan_of(**config: Any) -> SessionPlan:
    request = OpeningRequest(SessionId("s"), AccountId("a"), 3600, stored_config={"prompt": "Be kind.", **config})
    return finish_opening(begin_opening(request), None)
