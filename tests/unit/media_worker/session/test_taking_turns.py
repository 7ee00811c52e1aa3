"""What the client sees of turn-taking: a whole session over loopback and scripted providers, in virtual time."""

from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, hold, plan


def test_a_short_word_over_the_agents_question_answers_it() -> None:
    """The greeting ends with a question: the session tells the conversation what sounds."""

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.0)
        await rig.hear(VOICE, 0.3)
        await rig.hear(SILENCE, 2.0)
        rig.leg.hang_up()

    said = {"provider": "scripted", "utterances": ["okay"]}
    asking, _ = hold(plan(first_message="Shall I book a table for you tonight?", speech_to_text=said), user)
    telling, _ = hold(plan(first_message="I will book the table for you tonight.", speech_to_text=said), user)
    assert "Clear" in asking.methods()
    assert "Clear" not in telling.methods()
    assert "Unpause" in telling.methods()


def test_in_the_last_second_of_a_reply_nothing_is_held_and_the_word_is_answered() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.7)
        await rig.hear(VOICE, 0.3)
        await rig.hear(SILENCE, 2.0)
        rig.leg.hang_up()

    said = {"provider": "scripted", "utterances": ["okay"]}
    rig, _ = hold(plan(first_message="Shall I book a table for you tonight?", speech_to_text=said), user)
    assert {"Pause", "Clear"}.isdisjoint(rig.methods())
    assert rig.methods().count("StartAnswering") == 2


def test_an_answer_is_announced_once_although_the_user_goes_on_before_it_sounds() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 0.5)
        await rig.hear(SILENCE, 0.8)
        await rig.hear(VOICE, 0.8)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    said = {"provider": "scripted", "utterances": ["book a table", "for four people"]}
    model = {"provider": "scripted", "replies": ["Fine."], "ttft_ms": 1500}
    rig, end = hold(plan(speech_to_text=said, llm=model), user)
    assert [message["content"] for message in end.chat] == [
        "Hi there, how are you today?",
        "book a table",
        "for four people",
        "Fine.",
    ]
    assert rig.methods().count("StartAnswering") == 2, "the greeting and one answer"
