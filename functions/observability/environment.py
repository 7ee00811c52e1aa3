"""What a function is told by its environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "PARLEY_"

Given = Annotated[str, Field(min_length=1)]
Origin = Annotated[str, Field(pattern=r"^https://[^/]+$")]
OriginOrNone = Annotated[str, Field(pattern=r"^$|^https://[^/]+$")]
MediaUrlOrNone = Annotated[str, Field(pattern=r"^$|^wss://[^?#]+$")]


class Environment(BaseModel):
    """Settings that are read once, at the start: `table` is what the variable `PARLEY_TABLE` says.

    The worker's are read by pydantic-settings, whose loading would take a thirtieth of a function's start.
    """

    model_config = ConfigDict(frozen=True)

    @classmethod
    def variables(cls) -> Mapping[str, str]:
        """The variable of every field, by the name under which pydantic takes its value."""
        aliases = {name: field.validation_alias for name, field in cls.model_fields.items()}
        return {str(alias or name): str(alias or f"{PREFIX}{name.upper()}") for name, alias in aliases.items()}

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Self:
        """What the environment says. Raises ValidationError."""
        if environment is None:
            environment = os.environ  # noqa: TID251 - this is where it is read
        variables = cls.variables().items()
        return cls.model_validate(
            {name: environment[variable] for name, variable in variables if variable in environment}
        )
