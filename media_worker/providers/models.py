"""Which model a name stands for. Models come and go faster than code: what is known of them is in models.json.

`names` are those of the platform (protocol.md 4) and what vendors call them; `prefixes` tell whose a name is that is
not listed; `reasoning_effort` is what a model is to be told so that it answers at once, by the longest prefix of its
name, null for models that know no such thing. When a model ends is in callcore/billing/rate_card.json.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_REGION = re.compile(r"^(global|us|eu|apac)\.")
"""What stands before the name of a model of Bedrock."""
_DATA = Path(__file__).with_name("models.json")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dated: date
    defaults: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    prefixes: Mapping[str, str]
    reasoning_effort: Mapping[str, Mapping[str, str | None]]


@functools.cache
def _table() -> _Table:
    return _Table.model_validate_json(_DATA.read_bytes())


@dataclass(frozen=True)
class Found:
    """What serves under a name."""

    provider: str | None
    """None: whichever is the quickest."""
    model: str | None = None
    """None: whatever the provider serves."""
    note: str = ""
    """Why it is not what was asked for."""


Ended = Callable[[str, str], date | None]
"""Provider and model → the day on which the model ended; None while it serves."""


def default_model(provider: str) -> str | None:
    """What it is asked for when nobody says; None = whatever it serves."""
    return _table().defaults.get(provider)


def find_model(name: str | None, provider: str | None, available: Sequence[str], ended: Ended) -> Found:
    """What serves an agent that wants the model `name` of `provider`, each of which may be left to us.

    `available` are the vendors that can be asked, the preferred ones first.
    """
    if provider is not None:
        return _of_provider(name, provider, ended)
    if not name:
        return Found(None)
    if name in _table().names:
        known = [one for one in available if one in _table().names[name]]
    else:
        owner = next((whose for prefix, whose in _table().prefixes.items() if name.startswith(prefix)), None)
        known = [one for one in available if owner in (None, one)]
    if known:
        return _of_provider(name, known[0], ended)
    return Found(None, note=f"the model {name[:64]} is not available here")


def _of_provider(name: str | None, provider: str, ended: Ended) -> Found:
    default = default_model(provider)
    if not name:
        return Found(provider, default)
    model = _table().names.get(name, {}).get(provider, name)
    day = ended(provider, model)
    if day is None or default is None:
        return Found(provider, model)
    return Found(provider, default, f"the model {name[:64]} ended on {day}")


def reasoning_effort(provider: str, model: str) -> str | None:
    """What to tell the model so that it does not think for long; None = nothing."""
    efforts = _table().reasoning_effort.get(provider, {})
    model = _REGION.sub("", model)
    prefix = max((prefix for prefix in efforts if model.startswith(prefix)), key=len, default=None)
    return None if prefix is None else efforts[prefix]
