import pytest

from callcore.agents.agent import parse_config
from callcore.errors import InvalidInput


def test_a_chain_begins_with_the_part_itself() -> None:
    voice = parse_config({"voice": {"provider": "a", "fallback": {"provider": "b", "fallback": {"name": "c"}}}}).voice
    assert [(one.provider, one.voice_id) for one in voice.chain()] == [("a", None), ("b", None), (None, "c")]
    assert len(parse_config({}).llm.chain()) == 1


def test_a_fallback_that_is_none_of_its_kind_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"agent_config\.llm\.fallback: temperature: .*greater"):
        parse_config({"llm": {"fallback": {"temperature": -1}}})
    with pytest.raises(InvalidInput, match=r"speech_to_text\.fallback"):
        parse_config({"speech_to_text": {"fallback": "deepgram"}})


def test_there_are_at_most_three() -> None:
    nested: dict[str, object] = {}
    for _ in range(3):
        nested = {"fallback": nested}
    assert len(parse_config({"llm": nested}).llm.chain()) == 4
    with pytest.raises(InvalidInput, match="more than 3 fallbacks"):
        parse_config({"llm": {"fallback": nested}})
