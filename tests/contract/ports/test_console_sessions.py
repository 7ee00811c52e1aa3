from dataclasses import replace

from callcore.accounts.console_sessions import ABSOLUTE_S, ConsoleSession
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

OPENED = ConsoleSession("ab" * 32, rows.ANN, "Ann's laptop é", 1_800_000_000.5, 1_800_000_001.25, "cd" * 32)


def test_a_session_is_found_as_it_was_put_until_it_is_ended(stores: Stores) -> None:
    stores.console_sessions.put_session(OPENED)
    assert stores.console_sessions.find_session(rows.ANN, OPENED.session_hash) == OPENED
    by_link = replace(OPENED, session_hash="ef" * 32, key_hash=None, created_at=OPENED.created_at + 1)
    stores.console_sessions.put_session(by_link)
    assert list(stores.signed_in.list_sessions(rows.ANN)) == [by_link, OPENED]
    for _ in range(2):
        stores.signed_in.end_session(rows.ANN, OPENED.session_hash)
    assert stores.console_sessions.find_session(rows.ANN, OPENED.session_hash) is None
    assert list(stores.signed_in.list_sessions(rows.ANN)) == [by_link]


def test_a_use_is_noted_and_brings_nobody_back(stores: Stores) -> None:
    stores.console_sessions.put_session(OPENED)
    stores.console_sessions.touch_session(rows.ANN, OPENED.session_hash, 1_800_000_099.5)
    found = stores.console_sessions.find_session(rows.ANN, OPENED.session_hash)
    assert found == replace(OPENED, seen_at=1_800_000_099.5)
    assert list(stores.signed_in.list_sessions(rows.ANN)) == [found]
    stores.signed_in.end_session(rows.ANN, OPENED.session_hash)
    stores.console_sessions.touch_session(rows.ANN, OPENED.session_hash, 1_800_000_199.5)
    assert stores.console_sessions.find_session(rows.ANN, OPENED.session_hash) is None


def test_a_session_belongs_to_one_account(stores: Stores) -> None:
    stores.console_sessions.put_session(OPENED)
    assert stores.console_sessions.find_session(rows.BOB, OPENED.session_hash) is None
    assert list(stores.signed_in.list_sessions(rows.BOB)) == []
    stores.signed_in.end_session(rows.BOB, OPENED.session_hash)
    stores.console_sessions.touch_session(rows.BOB, OPENED.session_hash, 9.0)
    assert stores.console_sessions.find_session(rows.ANN, OPENED.session_hash) == OPENED


def test_a_new_session_stays_when_old_ones_are_forgotten(stores: Stores) -> None:
    stores.console_sessions.put_session(OPENED)
    later = replace(OPENED, session_hash="ef" * 32, created_at=OPENED.created_at + ABSOLUTE_S + 1)
    stores.console_sessions.put_session(later)
    assert stores.console_sessions.find_session(rows.ANN, later.session_hash) == later
