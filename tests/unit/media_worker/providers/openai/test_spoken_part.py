import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.ports.llm import CallTool
from media_worker.providers.openai.spoken_part import SpokenPart

HOURS = CallTool("hours", '{"day": "Monday"}')
SPELLED = '{"name": "hours", "arguments": {"day": "Monday"}}'


def said(text: str, *, offered: tuple[str, ...] = ("hours",), cut: int = 10_000) -> tuple[str, list[CallTool]]:
    part = SpokenPart(offered)
    told = "".join(part.feed(text[start : start + cut]) for start in range(0, len(text), cut))
    return told + part.finish(), part.calls


CASES = [
    ("Hello there.", "Hello there.", []),
    ("", "", []),
    ("One < two, <b>really</b>.", "One < two, <b>really</b>.", []),
    ("<think>\nHm, open?\n</think>\n\nYes.", "\n\nYes.", []),
    ("<think>Hm</think><think>Hm</think>Yes.", "Yes.", []),
    ("<think>without an end", "", []),
    (SPELLED, "", [HOURS]),
    (f"\n{SPELLED}\n", "", [HOURS]),
    ('{"name": "hours", "parameters": {"day": "Monday"}}', "", [HOURS]),
    ('{"name": "hours", "arguments": "{}"}', "", [CallTool("hours", "{}")]),
    (f"One moment. <tool_call>{SPELLED}</tool_call> So.", "One moment.  So.", [HOURS]),
    (f"<tool_call>\n{SPELLED}\n</tool_call>\n<tool_call>\n{SPELLED}", "\n", [HOURS, HOURS]),
    (f"<think>Hm</think><tool_call>{SPELLED}", "", [HOURS]),
    ('{"name": "nothing"}', "", []),
    ('{"name": "hours", "argum', "", []),
    ("{[1", "", []),
    ("A last <tool_ca", "A last <tool_ca", []),
]


@pytest.mark.parametrize(("text", "told", "calls"), CASES)
@pytest.mark.parametrize("cut", [1, 2, 7, 10_000])
def test_what_is_said_of_a_text_wherever_it_is_cut(text: str, told: str, calls: list[CallTool], cut: int) -> None:
    assert said(text, cut=cut) == (told, calls)


def test_without_functions_a_brace_is_only_a_brace() -> None:
    assert said(SPELLED, offered=()) == (SPELLED, [])
    assert said("<tool_call>", offered=()) == ("<tool_call>", [])


def test_a_sentence_is_not_held_back() -> None:
    part = SpokenPart(("hours",))
    assert [part.feed(token) for token in ("We", " are", " open", ".")] == ["We", " are", " open", "."]


@given(st.text(alphabet="ab{<>/ think_cal", max_size=40), st.integers(min_value=1, max_value=9))
def test_it_does_not_matter_where_any_text_is_cut(text: str, cut: int) -> None:
    assert said(text, cut=cut) == said(text)
