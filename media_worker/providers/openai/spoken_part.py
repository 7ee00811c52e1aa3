"""Tells what of a model's text is for the caller: thoughts are not, nor are calls that it spells out.

A server whose parser does not know its model passes such things on as text (providers.md 3.2, vLLM), and a voice would
read them aloud.
"""

import json
from collections.abc import Collection
from enum import Enum, auto
from typing import Any

from media_worker.ports.llm import CallTool

_THOUGHT, _THOUGHT_END = "<think>", "</think>"
_CALL, _CALL_END = "<tool_call>", "</tool_call>"
MAX_HELD = 20_000
"""Characters of a call; a longer one is none."""


class _State(Enum):
    START = auto()
    """Nothing was said yet: a thought or the bare object of a call may come."""
    THINKING = auto()
    SPEAKING = auto()
    CALLING = auto()
    """A call is being spelled out, up to its end or that of the text."""


class SpokenPart:
    """Takes a text as it comes. `finish` it."""

    def __init__(self, offered: Collection[str]) -> None:
        """`offered` are the functions that may be called."""
        self._offered = offered
        self._state = _State.START
        self._held = ""
        """What may be the beginning of something else than speech."""
        self.calls: list[CallTool] = []
        """Those that were spelled out so far."""

    def feed(self, text: str) -> str:
        """What of it can be said now."""
        self._held += text
        said = ""
        while True:
            before = self._state, self._held
            said += self._step()
            if (self._state, self._held) == before:
                return said

    def finish(self) -> str:
        """What is left to say; nothing of a call that cannot be read."""
        held, self._held = self._held, ""
        if self._state is _State.CALLING:
            self._read_call(held)
            return ""
        return "" if self._state is _State.THINKING else held

    def _step(self) -> str:
        match self._state:
            case _State.START:
                return self._start()
            case _State.SPEAKING:
                return self._speak()
            case _State.THINKING:
                _, end, rest = self._held.partition(_THOUGHT_END)
                if end:
                    self._state, self._held = _State.START, rest
            case _State.CALLING:
                call, end, rest = self._held.partition(_CALL_END)
                if end:
                    self._read_call(call)
                    self._state, self._held = _State.SPEAKING, rest
        return ""

    def _start(self) -> str:
        begun = self._held.lstrip()
        if begun.startswith(_THOUGHT):
            self._state, self._held = _State.THINKING, begun.removeprefix(_THOUGHT)
        elif begun.startswith("{") and self._offered:
            self._state = _State.CALLING
        elif begun and not _THOUGHT.startswith(begun):
            self._state = _State.SPEAKING
        return ""

    def _speak(self) -> str:
        if not self._offered:
            said, self._held = self._held, ""
            return said
        said, mark, rest = self._held.partition(_CALL)
        if mark:
            self._state, self._held = _State.CALLING, rest
            return said
        kept = next((size for size in range(len(_CALL) - 1, 0, -1) if self._held.endswith(_CALL[:size])), 0)
        said, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return said

    def _read_call(self, written: str) -> None:
        try:
            call: Any = json.loads(written[:MAX_HELD])
            name, arguments = call["name"], call.get("arguments", call.get("parameters", {}))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return
        if name in self._offered:
            self.calls.append(CallTool(name, arguments if isinstance(arguments, str) else json.dumps(arguments)))
