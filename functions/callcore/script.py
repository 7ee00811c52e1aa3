"""The script of an agent without a language model (architecture.md 6): its shape and its limits."""

from pydantic import BaseModel, ConfigDict, Field


class Intent(BaseModel):
    """One thing the user may ask, and the answer."""

    model_config = ConfigDict(frozen=True, extra="allow")

    phrases: tuple[str, ...] = Field(min_length=1)
    """What the user may say; `{slot}` stands for one of the slot's values."""
    answer: str = ""
    """May hold slots and session variables."""
    tool: str | None = None


class Script(BaseModel):
    """A deterministic conversation; every answer may hold variables."""

    model_config = ConfigDict(frozen=True, extra="allow")

    intents: tuple[Intent, ...] = ()
    slots: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Closed lists of values, because a grammar cannot recognise an open name."""
    fallback: str = "Sorry, I did not catch that."
    """The answer to whatever matches no phrase."""
    end: tuple[str, ...] = ()
    """Phrases that end the call."""
    end_answer: str = "Goodbye."
    """Said before the agent ends the call."""
    handoff: tuple[str, ...] = ()
    """Phrases that ask for a person."""
    handoff_answer: str = ""
    """The contact text; empty = the fallback."""
