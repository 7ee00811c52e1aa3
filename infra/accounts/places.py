"""Where the accounts are: in a stack on AWS, or under a data directory of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callauth.sealing import Sealer
from callcore.clock import Clock
from callcore.errors import InvalidInput, StoreError
from callstore.sqlite.stores import SqliteStores
from infra.accounts.administration import Stores
from infra.local.outbox_key import kept_key
from infra.local.settings import read_settings

if TYPE_CHECKING:
    from callstore.aws.stores import AwsStores


@dataclass(frozen=True)
class Place:
    """Opened stores, and where the people who get an account find it."""

    stores: Stores
    url: str | None
    """Of REST and pages; None = what the local stack prints."""
    sealer: Sealer
    """Seals what an account entrusts to the installation."""


@contextmanager
def this_machine(data_dir: Path, clock: Clock) -> Iterator[Place]:
    """The database of the local stack, which may be running. Raises InvalidInput when there is none."""
    database = data_dir / "parley.db"
    if not database.exists():
        raise InvalidInput(f"there is no installation in {data_dir}: make run starts one")
    with SqliteStores(database, clock) as stores:
        kept = read_settings({"data_dir": data_dir}).worker_key_file
        yield Place(_of(stores), None, Sealer(lambda: (kept_key(kept),)))


@contextmanager
def stack(name: str, clock: Clock) -> Iterator[Place]:
    """The table of a deployed stack, with the credentials that boto3 finds. Raises InvalidInput and StoreError."""
    # Only whoever works on AWS has boto3.
    try:
        from callstore.aws.clients import aws_client
    except ModuleNotFoundError as error:
        raise InvalidInput(f"{error.name} is not installed: sh infra/setup.sh --for-aws installs it") from None
    from callstore.aws.errors import aws_errors, code_of
    from callstore.aws.stores import AwsStores

    try:
        with aws_errors():
            (described,) = aws_client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except StoreError as error:
        if code_of(error) != "ValidationError":
            raise
        raise InvalidInput(f"there is no stack {name} in this region") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
    if "Table" not in outputs or "ApiUrl" not in outputs:
        raise InvalidInput(f"the stack {name} is not one of Parley's, or is not finished")
    with AwsStores(outputs["Table"], {}, clock) as stores:
        yield Place(_of(stores), outputs["ApiUrl"], Sealer(lambda: (_secret(outputs.get("WorkerKey", "")),)))


def _secret(arn: str) -> str:
    """The value of a secret. Raises InvalidInput and StoreError."""
    from callstore.aws.clients import aws_client
    from callstore.aws.errors import aws_errors

    if not arn:
        raise InvalidInput("the stack does not tell where its secret is: deploy this release first")
    with aws_errors():
        return str(aws_client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])


def _of(stores: "SqliteStores | AwsStores") -> Stores:
    return Stores(stores.accounts, stores.directory, stores.credentials, stores.agents)
