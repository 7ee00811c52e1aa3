import pytest

from callcore.errors import WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callnet.call_control import workers_at


def test_a_stack_without_workers_says_so() -> None:
    with pytest.raises(WorkerUnreachable):
        workers_at("")(AccountId("acc_1"), SessionId("s-1"))
    assert workers_at("https://media.example")(AccountId("acc_1"), SessionId("s-1")) == "https://media.example"
