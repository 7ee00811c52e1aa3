"""How long a conversation waits, and what it keeps of that when its language changes."""

from media_worker.conversation.endpointing import AdaptiveSilence, FixedSilence
from media_worker.conversation.patience import Patience
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.words.agent_words import AgentWords
from media_worker.conversation.words.text_cue import TextCue


def slow() -> UserTurn:
    """A turn whose words came after a long pause."""
    turn = UserTurn(finals=["i would like"])
    turn.went_on(1.2)
    turn.finals.append("a table")
    return turn


def test_another_language_judges_by_other_words_and_keeps_what_the_pauses_taught() -> None:
    english = AdaptiveSilence(cue=TextCue("en"))
    patience = Patience(english)
    before = patience.due(UserTurn(finals=["a table"]), AgentWords())
    for number in range(6):
        turn = slow()
        patience.heard(turn)
        patience.turn_over(turn, float(number))
    taught = patience.due(UserTurn(finals=["a table"]), AgentWords())
    assert taught > before
    patience.switch(AdaptiveSilence(cue=TextCue("de")))
    assert patience.due(UserTurn(finals=["ein tisch"]), AgentWords()) == taught
    assert patience.due(UserTurn(finals=["ich möchte einen tisch und"]), AgentWords()) > taught


def test_another_kind_of_policy_begins_anew() -> None:
    patience = Patience(AdaptiveSilence())
    patience.switch(FixedSilence(0.9))
    assert patience.due(UserTurn(finals=["a table"]), AgentWords()) == 0.9
