"""Who hears, answers and speaks for agents that name nobody, in words."""

from collections.abc import Mapping

from media_worker.providers.registry import EMBEDDED, Kind, choose
from media_worker.providers.vendors import Vendors

_ROLES: Mapping[Kind, str] = {Kind.STT: "heard by", Kind.LLM: "answered by", Kind.TTS: "spoken by"}


def served_by(environment: Mapping[str, str]) -> str:
    """One sentence; "script" stands for the agent's own."""
    vendors = Vendors(environment)
    names = {kind: choose(kind, None, vendors).name for kind in _ROLES}
    told = ", ".join(f"{role} {names[kind]}" for kind, role in _ROLES.items())
    is_local = all(name == EMBEDDED[kind] for kind, name in names.items())
    return f"{told[0].upper()}{told[1:]}{', all on this machine' if is_local else ''}."
