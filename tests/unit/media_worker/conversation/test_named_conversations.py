"""The conversations of tests/vectors/conversations, in virtual time; every effect at its exact moment."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_worker.conversation import effects as do
from tests.unit.media_worker.conversation.screenplay_text import parse

SCENES = sorted((Path(__file__).parents[3] / "vectors/conversations").glob("*.txt"))
SPEAKERS = {"assistant": "agent", "user": "user"}


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_it_goes_as_written(path: Path) -> None:
    scene = parse(path.read_text())
    house = scene.play()
    expected = scene.expected()
    seen = scene.seen(house)
    for place, wanted in enumerate(expected[: len(seen)]):
        if wanted.heard is None:
            seen[place] = replace(seen[place], heard=None)
    assert seen == expected
    for name, messages in (("chat", house.transcript.chat()), ("model", house.transcript.for_model())):
        if name in scene.sections:
            assert _spoken(messages) == [shlex.split(line) for line in scene.sections[name]]
    if "why" in scene.sections:
        explained = [(round(at, 3), effect.text) for at, effect in house.log if isinstance(effect, do.Explain)]
        assert explained == [(float(at), text) for at, text in map(shlex.split, scene.sections["why"])]


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_whatever_the_client_sees_is_explained(path: Path) -> None:
    log = parse(path.read_text()).play().log
    explained = {at for at, effect in log if isinstance(effect, do.Explain)}
    spoken_unasked = {at for at, effect in log if isinstance(effect, do.Say | do.EndSession)}
    for at, effect in log[1:]:
        if isinstance(effect, do.StartReply | do.PromoteReply | do.HoldPlayout | do.ResumePlayout):
            assert at in explained, (at, effect)
        if isinstance(effect, do.CutReply):
            assert at in explained | spoken_unasked, (at, effect)


def _spoken(messages: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    return [_line_of(message) for message in messages]


def _line_of(message: Mapping[str, Any]) -> list[str]:
    if message["role"] == "tool":
        return ["tool", message["name"], message["content"]]
    names = [call["function"]["name"] for call in message.get("tool_calls", ())]
    return [SPEAKERS[message["role"]], message["content"], *(["calls", *names] if names else [])]


@pytest.mark.parametrize(
    "text",
    ["3.0 user sings\nexpect", "2.0-3.0 cat\nexpect", "policy odd\nexpect", "volume 3\nexpect", "1.0 sings", "chat"],
)
def test_a_line_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"scene|screenplay|policy|happen"):
        parse(text)
