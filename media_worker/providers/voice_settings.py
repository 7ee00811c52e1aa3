"""What an agent's `voice.settings` say to a vendor; a value that makes no sense is not given."""

from typing import Any

from callcore.agents.agent import VoiceConfig


def number(voice: VoiceConfig, name: str, least: float, most: float) -> float | None:
    """A number, cut to what the vendor takes."""
    value = voice.settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(min(max(value, least), most))


def flag(voice: VoiceConfig, name: str) -> bool | None:
    """Yes or no."""
    value = voice.settings.get(name)
    return value if isinstance(value, bool) else None


def text(voice: VoiceConfig, name: str) -> str | None:
    """A text that is not blank."""
    value = voice.settings.get(name)
    return value if isinstance(value, str) and value.strip() else None


def given(settings: dict[str, Any]) -> dict[str, Any]:
    """Those that have a value."""
    return {name: value for name, value in settings.items() if value is not None}
