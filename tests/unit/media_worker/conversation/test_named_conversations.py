"""The conversations of tests/vectors/conversations, in virtual time; every effect at its exact moment."""

from pathlib import Path

import pytest

from tests.unit.media_worker.conversation.screenplay_text import effects_of, parse

SCENES = sorted((Path(__file__).parents[3] / "vectors/conversations").glob("*.txt"))


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_it_goes_as_written(path: Path) -> None:
    scene = parse(path.read_text())
    done = effects_of(scene.play().log)
    if scene.only_last:
        done = done[-len(scene.expected) :]
    assert done == scene.expected


def test_there_are_scenes_and_each_has_a_number_of_its_own() -> None:
    numbers = [path.stem.split("-")[0] for path in SCENES]
    assert len(numbers) >= 30
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("line", ["3.0 user sings", "2.0-3.0 cat", "policy odd\nexpect", "volume 3\nexpect"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises((ValueError, StopIteration)):
        parse(f"{line}\nexpect\n")
