"""HTML from the templates of widget/templates/playground (autoescaped)."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from playground import words
from playground.fields import Kind

PREFIX = "/console"
"""Of every path of the console."""


class Notice(StrEnum):
    """What a page says about what has just been done; named in the query of the page that follows a form."""

    AGENT_MADE = "The agent is made. Change what you like, then try it."
    AGENT_COPIED = "This is the copy."
    AGENT_ENABLED = "The agent takes calls."
    AGENT_DISABLED = "The agent refuses new calls; those that run go on."
    AGENT_DELETED = "The agent is deleted. Its calls stay in the log."
    LOOK_SAVED = "Saved. The snippets below hold it; pages that embed the agent already keep what they were given."
    SAVED = "Saved. New calls begin with it."
    FILE_TAKEN = "The agent knows the file from its next call on."
    FILE_DELETED = "The file is deleted. Calls of agents that still name it go on without it."
    CALL_DELETED = "The call was deleted, with its transcript and recording."
    CALL_TOLD_TO_END = "The call was told to end."
    WEBHOOK_SENT_AGAIN = "The webhook is being sent again."
    WEBHOOK_ENABLED = "Webhooks are sent to that address again."
    NUMBERS_CONNECTED = "Connected: the carrier asks us when they are called."
    NUMBERS_STORED = "Stored. Without credentials they are not connected."
    NUMBER_CHANGED = "The number is changed."
    NUMBER_FORGOTTEN = "The number is deleted here, and as before at its carrier."
    CAMPAIGN_MADE = "The campaign is made. Now the numbers to call."
    CAMPAIGN_CHANGED = "Saved. Calls that are ordered from now on follow it."
    CAMPAIGN_STARTED = "Started: its numbers are called one after the other."
    CAMPAIGN_STOPPED = "Stopped: calls that go on are finished, and nobody else is called."
    CAMPAIGN_DELETED = "The campaign is deleted. Its calls stay in the log."
    NUMBERS_ADDED = "The numbers are added."
    NUMBER_TAKEN_OUT = "The number is taken out."
    KEY_CHANGED = "The key has its new policy: calls that begin from now on follow it."
    KEY_REVOKED = "The key is refused from now on."
    SESSION_ENDED = "The session was ended: that browser has to sign in again."

    @classmethod
    def of(cls, name: str | None) -> Self | None:
        """The notice of that name."""
        return cls.__members__.get((name or "").upper())


class Navigation(StrEnum):
    """The sections of the console: paths below the prefix, in the order of the menu."""

    AGENTS = "agents"
    CALLS = "calls"
    NUMBERS = "numbers"
    CAMPAIGNS = "campaigns"
    KEYS = "keys"
    USAGE = "usage"
    HEALTH = "health"
    SESSIONS = "sessions"

    @property
    def label(self) -> str:
        """For the menu."""
        return _LABELS[self]


_LABELS = {
    Navigation.AGENTS: "Agents",
    Navigation.CALLS: "Calls",
    Navigation.NUMBERS: "Numbers",
    Navigation.CAMPAIGNS: "Campaigns",
    Navigation.KEYS: "Keys",
    Navigation.USAGE: "Usage",
    Navigation.HEALTH: "Health",
    Navigation.SESSIONS: "Sign-ins",
}


class Views:
    """The templates."""

    def __init__(self, assets_dir: Path) -> None:
        """`assets_dir` holds `templates/`. Raises TemplateNotFound when they are not there."""
        loader = FileSystemLoader(assets_dir / "templates" / "playground")
        self._environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(prefix=PREFIX, navigation=tuple(Navigation), Kind=Kind)
        self._environment.filters.update(
            time=_time,
            moment=_moment,
            day=_day,
            sentence=words.sentence,
            lasting=words.length,
            money=words.money,
            milliseconds=words.milliseconds,
            count=words.count,
            minutes=words.minutes,
            hours=words.hours,
            pretty=words.as_text,
        )
        self._environment.get_template("base.html.j2")

    def render(self, template: str, **context: Any) -> str:
        """The page."""
        return self._environment.get_template(template).render(**context)


def _time(unix_s: float) -> Markup:
    """A time for people, in UTC as calls and days are counted."""
    return _marked(unix_s, "%d %b %Y, %H:%M UTC")


def _moment(unix_s: float) -> Markup:
    """The same where a page has said that its times are in UTC."""
    return _marked(unix_s, "%d %b %Y, %H:%M")


def _day(unix_s: float) -> Markup:
    """Its day."""
    return _marked(unix_s, "%d %b %Y")


def _marked(unix_s: float, form: str) -> Markup:
    moment = datetime.fromtimestamp(unix_s, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), escape(moment.strftime(form))
    )
