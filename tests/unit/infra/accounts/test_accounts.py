"""The accounts of an installation from the command line."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callauth.keys import authenticate, hash_key
from callauth.sealing import Sealer
from callcore.accounts.account import KeyKind, KeyRecord, Overrides
from callcore.clock import SystemClock
from callcore.errors import NotAllowed
from callcore.ids import AccountId
from callstore.sqlite.stores import SqliteStores
from infra.accounts import administration
from infra.accounts.__main__ import main, work
from infra.accounts.__main__ import parser as command_line
from infra.accounts.administration import FIRST_ACCOUNT
from infra.accounts.places import Place
from tests.clocks import ManualClock

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with SqliteStores(tmp_path / "parley.db", SystemClock()) as opened:
        yield opened


@pytest.fixture
def run(tmp_path: Path, stores: SqliteStores, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line over the same database, while it is in use."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--data-dir", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def value(output: str, name: str) -> str:
    (found,) = (line.removeprefix(name).strip() for line in output.splitlines() if line.startswith(name))
    return found


def test_a_new_account_can_do_everything_at_once(run: Run, stores: SqliteStores) -> None:
    status, said, _ = run("create", "Ann & Co")
    assert status == 0
    account_id = AccountId(value(said, "account "))
    for kind in KeyKind:
        record, account = authenticate(stores.accounts, value(said, f"{kind} key"), kind)
        assert (account.account_id, account.name) == (account_id, "Ann & Co")
        assert record.policy.overrides is Overrides.SAFE
    assert account.embed_secret == value(said, "embed secret")
    (agent,) = stores.agents.list_agents(account_id)
    assert agent.agent_id == value(said, "demo agent")


def test_keys_are_stored_as_hashes_only(run: Run, stores: SqliteStores, tmp_path: Path) -> None:
    said = run("create", "Ann")[1]
    private_key = value(said, "private key")
    assert stores.accounts.find_key(hash_key(private_key)) is not None
    assert all(private_key.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_second_bootstrap_changes_nothing_and_shows_nothing(run: Run, stores: SqliteStores) -> None:
    first = run("bootstrap")[1]
    rows = (stores.accounts.get_account(FIRST_ACCOUNT), list(stores.credentials.list_keys(FIRST_ACCOUNT)))
    assert value(first, "account ") == FIRST_ACCOUNT
    status, second, _ = run("bootstrap")
    assert (status, second) == (0, "The first account is there already.\n")
    assert (stores.accounts.get_account(FIRST_ACCOUNT), list(stores.credentials.list_keys(FIRST_ACCOUNT))) == rows


def test_a_bootstrap_that_was_cut_short_is_finished_by_the_next(stores: SqliteStores) -> None:
    class Cut(Exception):
        pass

    class Accounts:
        """Loses the connection at the first key."""

        put_account, get_account, find_key = (
            stores.accounts.put_account,
            stores.accounts.get_account,
            stores.accounts.find_key,
        )

        def put_key(self, key: KeyRecord) -> None:
            raise Cut

    whole = administration.Stores(stores.accounts, stores.directory, stores.credentials, stores.agents)
    with pytest.raises(Cut):
        administration.bootstrap(replace(whole, accounts=Accounts()), 1.0)
    made = administration.bootstrap(whole, 2.0)
    assert made is not None
    assert len(stores.agents.list_agents(FIRST_ACCOUNT)) == 1
    assert authenticate(stores.accounts, made.private_key, KeyKind.PRIVATE)[1] == made.account


def test_a_suspended_account_is_refused_until_it_goes_on(run: Run, stores: SqliteStores) -> None:
    said = run("create", "Ann")[1]
    account_id = value(said, "account ")
    assert "suspended" in run("suspend", account_id)[1]
    for kind in KeyKind:
        with pytest.raises(NotAllowed, match="the account is suspended"):
            authenticate(stores.accounts, value(said, f"{kind} key"), kind)
    run("resume", account_id)
    assert authenticate(stores.accounts, value(said, "private key"), KeyKind.PRIVATE)[1].account_id == account_id


def test_limits_are_set_one_by_one(run: Run, stores: SqliteStores) -> None:
    account_id = AccountId(value(run("create", "Ann")[1], "account "))
    run("limits", account_id, "--concurrent-calls", "7")
    run("limits", account_id, "--call-duration", "90")
    account = stores.accounts.get_account(account_id)
    assert (account.max_concurrent_calls, account.max_call_duration_s) == (7, 90)
    assert "12.5 % off" in run("limits", account_id, "--discount", "12.5")[1]
    assert run("limits", account_id, "--discount", "101")[0] == 1
    assert (
        "5 min a day, 200 US cents a day"
        in run("limits", account_id, "--minutes-per-day", "5", "--spend-per-day", "200")[1]
    )
    assert "kept 30 days" in run("limits", account_id, "--retention-days", "30")[1]
    assert run("limits", account_id, "--retention-days", "0")[0] == 1
    run("limits", account_id, "--minutes-per-day", "-1")
    account = stores.accounts.get_account(account_id)
    assert (account.max_minutes_per_day, account.max_spend_per_day) == (None, 200)
    assert run("limits", account_id, "--spend-per-day", "-2")[0] == 1
    status, _, said = run("limits", account_id, "--concurrent-calls", "0")
    assert (status, said) == (1, "concurrent calls: from 1 to 10000, not 0\n")


def test_every_account_is_listed(run: Run) -> None:
    run("create", "Ann")
    run("create", "Bob")
    said = run("list")[1].splitlines()
    assert [line.split()[-1] for line in said] == ["Ann", "Bob"]


def test_a_lost_key_is_replaced_by_another(run: Run, stores: SqliteStores) -> None:
    account_id = value(run("create", "Ann")[1], "account ")
    key = value(run("key", account_id)[1], "private key")
    assert authenticate(stores.accounts, key, KeyKind.PRIVATE)[1].account_id == account_id


@pytest.mark.parametrize("command", ["suspend", "resume", "limits", "key"])
def test_an_unknown_account_is_named(run: Run, command: str) -> None:
    assert run(command, "acc_nobody") == (1, "", "account acc_nobody was not found\n")


def test_without_an_installation_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere"
    assert main(["create", "Ann", "--data-dir", str(nowhere)]) == 1
    assert "make run" in capsys.readouterr().err
    assert not nowhere.exists()


def test_without_what_speaks_to_aws_it_says_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "callstore.aws.clients", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert main(["list", "--stack", "parley"]) == 1
    assert capsys.readouterr().err == "boto3 is not installed: sh infra/setup.sh --for-aws installs it\n"


def test_on_a_stack_the_page_is_told_too(stores: SqliteStores) -> None:
    whole = administration.Stores(stores.accounts, stores.directory, stores.credentials, stores.agents)
    place = Place(whole, "https://voice.example", Sealer(tuple))
    said = work(command_line().parse_args(["bootstrap", "--stack", "parley"]), place, ManualClock(), str)
    agent_id, public_key = value(said, "demo agent"), value(said, "public key")
    assert value(said, "its page") == f"https://voice.example/agents/embedded?id={agent_id}&k={public_key}"


def test_an_account_needs_a_name(run: Run) -> None:
    assert run("create", " ")[0] == 1
