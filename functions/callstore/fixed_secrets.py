"""Secrets that a process was started with."""

from collections.abc import Mapping

from callcore.errors import NotFound


class FixedSecrets:
    """Secrets. An empty value is none."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` by our names for them."""
        self._values = values

    def secret(self, name: str) -> str:
        """The value. Raises NotFound."""
        value = self._values.get(name)
        if not value:
            raise NotFound("secret", name)
        return value
