"""What every object inside an agent's configuration has in common (protocol.md 4)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class ConfigPart(BaseModel):
    """An object of the configuration: unknown keys are kept, and null means "not given"."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        populate_by_name=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value
