from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.errors import Conflict, InvalidInput, NotFound
from callcore.ids import AccountId
from callcore.phones.phone import Phone
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

NUMBER = rows.phone().number


def put(stores: Stores, phone: Phone) -> None:
    assert stores.phones.change_phone(phone.account_id, phone.number, lambda _: phone) == phone


def test_a_number_comes_back_as_it_was_put(stores: Stores) -> None:
    put(stores, rows.phone())
    assert stores.phones.get_phone(rows.ANN, NUMBER) == rows.phone()
    bare = replace(rows.phone(), country=None, region=None, agent_id=None, agent_config_override=None, tags=())
    put(stores, bare)
    assert list(stores.phones.list_phones(rows.ANN)) == [bare]


def test_a_change_sees_what_is_stored(stores: Stores) -> None:
    seen: list[Phone | None] = []

    def look(phone: Phone | None) -> Phone | None:
        seen.append(phone)
        return rows.phone()

    for _ in range(2):
        stores.phones.change_phone(rows.ANN, NUMBER, look)
    assert seen == [None, rows.phone()]


def test_numbers_are_listed_oldest_first(stores: Stores) -> None:
    young, old = rows.phone("+1", created_at=20.0), rows.phone("+2", created_at=10.0)
    for phone in (young, old):
        put(stores, phone)
    assert list(stores.phones.list_phones(rows.ANN)) == [old, young]


def test_a_number_is_deleted_by_none(stores: Stores) -> None:
    put(stores, rows.phone())
    assert stores.phones.change_phone(rows.ANN, NUMBER, lambda _: None) is None
    assert stores.phones.change_phone(rows.ANN, NUMBER, lambda _: None) is None
    with pytest.raises(NotFound):
        stores.phones.get_phone(rows.ANN, NUMBER)


def test_two_accounts_may_hold_the_same_number_and_never_see_each_other(stores: Stores) -> None:
    put(stores, rows.phone())
    with pytest.raises(NotFound):
        stores.phones.get_phone(rows.BOB, NUMBER)
    assert list(stores.phones.list_phones(rows.BOB)) == []
    put(stores, replace(rows.phone(account_id=rows.BOB), tags=("bobs",)))
    assert stores.phones.get_phone(rows.ANN, NUMBER) == rows.phone()
    stores.phones.change_phone(rows.BOB, NUMBER, lambda _: None)
    assert stores.phones.get_phone(rows.ANN, NUMBER) == rows.phone()


def test_a_change_that_raises_or_is_no_json_changes_nothing(stores: Stores) -> None:
    put(stores, rows.phone())

    def refuse(_: Phone | None) -> Phone | None:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        stores.phones.change_phone(rows.ANN, NUMBER, refuse)
    broken = replace(rows.phone(), agent_config_override={"x": float("nan")})
    with pytest.raises(InvalidInput):
        stores.phones.change_phone(rows.ANN, NUMBER, lambda _: broken)
    nobodys = rows.phone(account_id=AccountId("acc_nobody"))
    with pytest.raises(Conflict):
        stores.phones.change_phone(nobodys.account_id, NUMBER, lambda _: nobodys)
    assert list(stores.phones.list_phones(rows.ANN)) == [rows.phone()]


def test_changes_at_once_all_take_effect(stores: Stores) -> None:
    put(stores, replace(rows.phone(), tags=()))

    def tag(number: int) -> None:
        def tagged(phone: Phone | None) -> Phone | None:
            return phone and replace(phone, tags=(*phone.tags, str(number)))

        stores.phones.change_phone(rows.ANN, NUMBER, tagged)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tag, range(32)))
    assert set(stores.phones.get_phone(rows.ANN, NUMBER).tags) == {str(number) for number in range(32)}
