"""Vendors' keys of accounts, from the command line."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from callauth.sealing import Sealer
from callcore.clock import SystemClock
from callcore.ids import AccountId
from callstore.sqlite.stores import SqliteStores
from infra.accounts.__main__ import main
from infra.accounts.administration import FIRST_ACCOUNT

SECRET = "sk-of-the-first-account"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`keys` over an installation with an account; `typed` stands in standard input."""

    def run(*arguments: str, account_id: str = FIRST_ACCOUNT, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        status = main(["keys", account_id, *arguments, "--data-dir", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out, said.err

    with SqliteStores(tmp_path / "parley.db", SystemClock()):
        assert main(["bootstrap", "--data-dir", str(tmp_path)]) == 0
    capsys.readouterr()
    return run


def stored(data_dir: Path) -> dict[str, str]:
    secret = (data_dir / "worker.key").read_text()
    with SqliteStores(data_dir / "parley.db", SystemClock()) as stores:
        sealed = stores.accounts.get_account(AccountId(FIRST_ACCOUNT)).vendor_keys
    return {vendor: Sealer(lambda: (secret,)).open(text) for vendor, text in sealed.items()}


def test_keys_are_set_replaced_listed_and_removed(run: Run, tmp_path: Path) -> None:
    assert run("--list") == (0, "The account has no key of its own.\n", "")
    assert run("--set", "openai", typed="sk-first\n") == (0, "openai\n", "")
    assert run("--set", "deepgram", typed="dg") == (0, "deepgram\nopenai\n", "")
    run("--set", "openai", typed=f"  {SECRET}\nmore\n")
    assert run("--list") == (0, "deepgram\nopenai\n", "")
    assert stored(tmp_path) == {"openai": SECRET, "deepgram": "dg"}
    assert run("--remove", "deepgram") == (0, "openai\n", "")
    assert stored(tmp_path) == {"openai": SECRET}


def test_a_key_is_stored_sealed_and_never_shown(run: Run, tmp_path: Path) -> None:
    said = run("--set", "openai", typed=SECRET)
    assert SECRET not in str((said, run("--list"), run("--remove", "openai")))
    run("--set", "openai", typed=SECRET)
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("typed", ["", "\n", "two words", "k\x07", "clé", "k" * 1001])
def test_what_is_no_key_is_refused_and_changes_nothing(run: Run, tmp_path: Path, typed: str) -> None:
    run("--set", "openai", typed=SECRET)
    status, _, said = run("--set", "openai", typed=typed)
    assert (status, said) == (1, "the key of openai is one word of at most 1000 signs of ASCII\n")
    assert stored(tmp_path) == {"openai": SECRET}


@pytest.mark.parametrize("vendor", ["aws", "vllm", "nobody"])
def test_whose_key_no_account_has_is_told_with_those_there_are(
    run: Run, vendor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("--set", vendor, typed=SECRET)
    assert "cartesia" in capsys.readouterr().err


def test_a_key_that_is_not_there_is_not_removed(run: Run) -> None:
    assert run("--remove", "openai") == (1, "", "vendor key openai was not found\n")


@pytest.mark.parametrize("what", [("--set", "openai"), ("--remove", "openai"), ("--list",)])
def test_an_unknown_account_is_named(run: Run, what: tuple[str, ...]) -> None:
    assert run(*what, account_id="acc_nobody", typed=SECRET) == (1, "", "account acc_nobody was not found\n")


def test_a_lost_secret_does_not_stand_in_the_way_of_new_keys(run: Run, tmp_path: Path) -> None:
    run("--set", "openai", typed="sk-first")
    (tmp_path / "worker.key").unlink()
    assert run("--list")[1] == "openai\n"
    run("--set", "openai", typed=SECRET)
    assert stored(tmp_path) == {"openai": SECRET}
