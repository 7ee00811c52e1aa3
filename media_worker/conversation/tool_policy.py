"""What the conversation has to know of a function."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ToolPolicy:
    """How one function is announced, timed and ended."""

    messages: tuple[str, ...] = ()
    """One of them is said before acting."""
    verbatim: bool = True
    """It is said whatever the model said itself; otherwise only when the model said nothing."""
    after_message: bool = False
    """It runs when what is said before it has been heard."""
    timeout_s: float = 5.0
    changes_something: bool = False
    """An interruption does not stop it half way."""
    asks_user: bool = False
    """It waits for the user, who need not be told that it does."""
    uninterrupted: bool = False
    """From here on the reply is heard whole."""
    ends_call: bool = False
    """What is said with it are the last words."""
