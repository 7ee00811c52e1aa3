"""A part of an agent that may name what serves when it fails: model, voice, recogniser."""

from typing import Any, Self

from pydantic import Field, ValidationError, field_validator

from callcore.agents.config_part import ConfigPart

MAX_FALLBACKS = 3


class Replaceable(ConfigPart):
    """An object of the configuration with a `fallback` that looks like itself."""

    fallback: dict[str, Any] | None = Field(default=None)
    """Ours. It may have a fallback of its own; `chain` has them typed."""

    @field_validator("fallback")
    @classmethod
    def _looks_like_itself(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        try:
            length = len(cls.model_validate(value).chain())
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))[:64]
            raise ValueError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
        if length > MAX_FALLBACKS:
            raise ValueError(f"more than {MAX_FALLBACKS} fallbacks")
        return value

    def chain(self) -> tuple[Self, ...]:
        """Itself and its fallbacks, in the order in which they serve."""
        if self.fallback is None:
            return (self,)
        return (self, *type(self).model_validate(self.fallback).chain())
