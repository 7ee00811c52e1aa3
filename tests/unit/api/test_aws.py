import pytest

from api.aws import Workers
from callcore.errors import WorkerUnreachable
from callcore.ids import AccountId, SessionId


def test_a_stack_without_workers_says_so() -> None:
    with pytest.raises(WorkerUnreachable):
        Workers("")(AccountId("acc_1"), SessionId("s-1"))
    assert Workers("https://media.example")(AccountId("acc_1"), SessionId("s-1")) == "https://media.example"
