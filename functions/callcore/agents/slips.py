"""What an agent's owner may have written by mistake: it is not refused, and nobody notices it before a call."""

from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from callcore.agents.agent import AgentConfig
from callcore.agents.config_part import ConfigPart
from callcore.timezones import zone_of

_ALIKE = 0.8
"""Of two names, as difflib counts. Unknown names are kept and may mean something to others: only slips are told."""
_MAX_SHOWN = 64
_HTTP = ("http://", "https://")
_WEBSOCKET = ("ws://", "wss://")


def slips(config: AgentConfig) -> Iterator[str]:
    """A sentence for each, with the path of the field; none shows a value."""
    yield from _misspelt(config, ())
    if config.timezone and zone_of(config.timezone) is None:
        yield "timezone: no time zone of that name is known"
    yield from _wrong_urls(config)


def _misspelt(part: ConfigPart, path: tuple[str, ...]) -> Iterator[str]:
    known = [name for field, about in type(part).model_fields.items() for name in _names(field, about)]
    for key in part.model_extra or {}:
        meant = get_close_matches(key, known, n=1, cutoff=_ALIKE)
        if meant:
            yield f"{_told(*path, key)}: not known; {meant[0]} may be meant"
    for name in type(part).model_fields:
        value = getattr(part, name)
        for number, one in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(one, ConfigPart):
                yield from _misspelt(one, (*path, name, *([str(number)] if isinstance(value, tuple) else [])))


def _names(field: str, about: FieldInfo) -> list[str]:
    alias = about.validation_alias
    return [field, *(map(str, alias.choices) if isinstance(alias, AliasChoices) else ())]


def _wrong_urls(config: AgentConfig) -> Iterator[str]:
    webhooks = {
        "session_data_webhook": config.session_data_webhook,
        "extra_prompt_webhook": config.extra_prompt_webhook,
    }
    for name, webhook in webhooks.items():
        if webhook is not None and not webhook.url.strip().lower().startswith(_HTTP):
            yield f"{name}: its URL begins with neither http:// nor https://"
    model = config.custom_llm_websocket
    if model is not None and not model.url.strip().lower().startswith(_WEBSOCKET):
        yield "custom_llm_websocket: its URL begins with neither ws:// nor wss://"
    for list_name in ("tools", "millis_functions"):
        for number, tool in enumerate(getattr(config, list_name)):
            if tool.webhook.strip() and not tool.webhook.strip().lower().startswith(_HTTP):
                yield f"{list_name}.{number}.webhook: begins with neither http:// nor https://"


def _told(*path: str) -> str:
    return ".".join(part[:_MAX_SHOWN] for part in path)
