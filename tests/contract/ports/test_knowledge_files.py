from dataclasses import replace

import pytest

from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

FILE = rows.knowledge_file()


def test_a_file_comes_back_whole(stores: Stores) -> None:
    stores.knowledge.put_file(FILE)
    assert stores.knowledge.get_file(rows.ANN, FILE.file_id) == FILE
    stores.knowledge.put_file(replace(FILE, name="menu.txt"))
    assert stores.knowledge.get_file(rows.ANN, FILE.file_id).name == "menu.txt"


def test_files_are_listed_oldest_first(stores: Stores) -> None:
    assert list(stores.knowledge.list_files(rows.ANN)) == []
    listed = [rows.knowledge_file(f"{number:032x}", created_at=10 - number) for number in range(3)]
    for file in listed:
        stores.knowledge.put_file(file)
    stores.knowledge.put_file(rows.knowledge_file(account_id=rows.BOB))
    assert list(stores.knowledge.list_files(rows.ANN)) == listed[::-1]


def test_a_deleted_file_is_gone(stores: Stores) -> None:
    stores.knowledge.put_file(FILE)
    stores.knowledge.delete_file(rows.ANN, FILE.file_id)
    assert list(stores.knowledge.list_files(rows.ANN)) == []
    for reach in (stores.knowledge.get_file, stores.knowledge.delete_file):
        with pytest.raises(NotFound):
            reach(rows.ANN, FILE.file_id)


def test_a_file_belongs_to_its_account(stores: Stores) -> None:
    stores.knowledge.put_file(FILE)
    for reach in (stores.knowledge.get_file, stores.knowledge.delete_file):
        with pytest.raises(NotFound):
            reach(rows.BOB, FILE.file_id)
    assert stores.knowledge.get_file(rows.ANN, FILE.file_id) == FILE


def test_a_file_of_nobody_is_refused(stores: Stores) -> None:
    with pytest.raises(Conflict):
        stores.knowledge.put_file(replace(FILE, account_id=AccountId("acc_nobody")))
