"""The accounts of an installation: `python -m infra.accounts create|list|suspend|resume|limits|key|keys|bootstrap`.

With `--stack` those of a deployed stack; who may do it there is IAM's decision. Otherwise those of this machine.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from getpass import getpass
from pathlib import Path

from callcore.accounts.account import Account, AccountStatus
from callcore.clock import Clock, SystemClock
from callcore.errors import CallError
from callcore.ids import AccountId
from infra.accounts import administration, vendor_keys
from infra.accounts.administration import Limits, NewAccount
from infra.accounts.places import Place, stack, this_machine
from infra.accounts.vendor_keys import VENDORS
from infra.local.settings import read_settings


def parser() -> argparse.ArgumentParser:
    """Of the command line."""
    made = argparse.ArgumentParser(prog="python -m infra.accounts", description="The accounts of an installation.")
    commands = made.add_subparsers(dest="command", required=True)
    for name, meaning in {
        "bootstrap": "make the first account, unless it is there",
        "create": "make an account",
        "list": "say which accounts there are",
        "suspend": "refuse every key of an account",
        "resume": "take a suspended account's keys again",
        "limits": "set what an account may use",
        "key": "make another private key of an account",
        "keys": "set, remove or list the keys that an account has of its own with vendors",
    }.items():
        command = commands.add_parser(name, help=meaning, description=meaning)
        where = command.add_mutually_exclusive_group()
        where.add_argument("--stack", help="the stack on AWS (default: the installation of this machine)")
        where.add_argument("--data-dir", type=Path, help="where this machine keeps it (default .parley)")
        if name == "create":
            command.add_argument("name")
        elif name not in ("bootstrap", "list"):
            command.add_argument("account_id")
        if name == "limits":
            command.add_argument("--concurrent-calls", type=int)
            command.add_argument("--call-duration", type=int, metavar="SECONDS")
            command.add_argument("--minutes-per-day", type=int, metavar="MINUTES", help="-1 = no limit")
            command.add_argument("--spend-per-day", type=int, metavar="CENTS", help="-1 = no limit")
            command.add_argument("--retention-days", type=int, metavar="DAYS", help="keep calls so long; -1 = always")
            command.add_argument("--discount", type=Decimal, metavar="PERCENT", help="off every price")
        if name == "keys":
            what = command.add_mutually_exclusive_group(required=True)
            what.add_argument("--set", choices=VENDORS, metavar="VENDOR", help="the key is read from standard input")
            what.add_argument("--remove", metavar="VENDOR", help="the operator's key serves again, if there is one")
            what.add_argument("--list", action="store_true", help="the vendors' names only")
    return made


def work(given: argparse.Namespace, place: Place, clock: Clock, read_key: Callable[[str], str]) -> str:
    """Do what the command line says; what to print. Raises CallError.

    `read_key` asks for a key with a prompt.
    """
    stores, now = place.stores, clock.unix_s()
    if given.command == "bootstrap":
        made = administration.bootstrap(stores, now)
        return "The first account is there already." if made is None else _told(made, place)
    if given.command == "create":
        return _told(administration.create(stores, given.name, now), place)
    if given.command == "list":
        return "\n".join(_line(account) for account in administration.listed(stores)) or "There are no accounts."
    account_id = AccountId(given.account_id)
    if given.command == "key":
        return f"private key     {administration.new_private_key(stores, account_id, now)}"
    if given.command == "keys":
        return _keys(given, place, account_id, read_key)
    if given.command == "limits":
        limits = Limits(
            given.concurrent_calls,
            given.call_duration,
            given.minutes_per_day,
            given.spend_per_day,
            given.retention_days,
            given.discount,
        )
        return _line(administration.set_limits(stores, account_id, limits))
    status = {"suspend": AccountStatus.SUSPENDED, "resume": AccountStatus.ACTIVE}[given.command]
    return _line(administration.set_status(stores, account_id, status))


def _keys(given: argparse.Namespace, place: Place, account_id: AccountId, read_key: Callable[[str], str]) -> str:
    if given.set:
        vendor_keys.set_key(place.stores, place.sealer, account_id, given.set, read_key(f"key of {given.set}: "))
    elif given.remove:
        vendor_keys.remove_key(place.stores, account_id, given.remove)
    return "\n".join(vendor_keys.listed(place.stores, account_id)) or "The account has no key of its own."


def _key_from_input(prompt: str) -> str:
    """One line of standard input; who types it does not see it. Never an argument, which every process could read."""
    return getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()


def _line(account: Account) -> str:
    limits = f"{account.max_concurrent_calls} calls at once, {account.max_call_duration_s} s each"
    minutes, cents = account.max_minutes_per_day, account.max_spend_per_day
    limits += "" if minutes is None else f", {minutes} min a day"
    limits += "" if cents is None else f", {cents} US cents a day"
    days = account.retention_days
    limits += "" if days is None else f", kept {days} days"
    discount = f", {account.discount_percent} % off" if account.discount_percent else ""
    return f"{account.account_id}  {account.status:9}  {limits}{discount}  {account.name}"


def _told(made: NewAccount, place: Place) -> str:
    lines = [
        "This is shown once; the installation keeps only hashes of the keys.",
        f"account         {made.account.account_id}",
        f"private key     {made.private_key}",
        f"public key      {made.public_key}",
        f"embed secret    {made.account.embed_secret}",
        f"demo agent      {made.agent_id}",
    ]
    if place.url is not None:
        lines.append(f"its page        {place.url}/agents/embedded?id={made.agent_id}&k={made.public_key}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    given, clock = parser().parse_args(arguments), SystemClock()
    try:
        data_dir = given.data_dir or read_settings().data_dir
        with stack(given.stack, clock) if given.stack else this_machine(data_dir, clock) as place:
            print(work(given, place, clock, _key_from_input))
    except CallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
