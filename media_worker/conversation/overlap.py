"""What the user's words over a speaking agent amount to: pure verdicts on his turn so far (conversation.md 4)."""

from media_worker.conversation.board import Board
from media_worker.conversation.floor import Signal
from media_worker.conversation.interruption import MIN_FIRM_WORDS, Meaning, is_firm, meaning
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.words.agent_words import AgentWords
from media_worker.conversation.words.echo_text import without_echo
from media_worker.conversation.words.greetings import is_greeting
from media_worker.conversation.words.text_cue import asks_yes_or_no

CLOSING_S = 0.7
"""Agreement so near to the end of what the agent says is an answer to it."""
ECHO_WORDS_S = 3.0
"""The agent's words of so long ago may be heard again."""


def own_words(text: str, turn: UserTurn, agent: AgentWords, policy: TurnPolicy) -> str:
    """What the user may have said of words that, if the turn is in doubt, may be the agent's."""
    return without_echo(text, agent.sounding(turn.onset - ECHO_WORDS_S), policy.language) if turn.doubtful else text


def overlap_meaning(turn: UserTurn, agent: AgentWords, policy: TurnPolicy) -> Meaning:
    """What the turn means over the agent; an answer to the agent's question is no backchannel."""
    words = turn.text if turn.doubtful else turn.words(policy.overlap_unintelligible_ms)
    meant = meaning(words, policy.vocabulary)
    if meant in (Meaning.BACKCHANNEL, Meaning.MURMUR) and (question := agent.question_at(turn.onset)):
        if meant is Meaning.BACKCHANNEL or asks_yes_or_no(question, policy.language):
            return Meaning.SUBSTANTIVE
    elif meant is Meaning.SUBSTANTIVE and 0 < turn.word_count < policy.min_words:
        return Meaning.BACKCHANNEL
    return meant


def is_certain(turn: UserTurn, meant: Meaning, policy: TurnPolicy, now: float) -> bool:
    """Whether words that take the floor do so now: provisional ones of a voice that has just begun may change."""
    if meant is Meaning.STOP or turn.finals or not turn.partial:
        return True
    return (not turn.speaking or now >= certain_at(turn, policy)) and has_firm_words(turn, policy)


def has_firm_words(turn: UserTurn, policy: TurnPolicy) -> bool:
    """Whether the provisional words take the floor; one word of what may be an echo does not."""
    return is_firm(turn.partial, policy.vocabulary) and (not turn.doubtful or turn.word_count >= MIN_FIRM_WORDS)


def certain_at(turn: UserTurn, policy: TurnPolicy) -> float:
    """When firm words of a voice that goes on interrupt."""
    return turn.onset + policy.min_speech_ms / 1000


def side_turn(turn: UserTurn, board: Board) -> tuple[Signal, ...]:
    """What the words over speech that was not interrupted mean for the floor now that it is over; () = nothing."""
    if turn.speaking:
        return (Signal.SPEECH,)
    if turn.typed:
        return (Signal.TYPED,)
    if turn.keys.pressed:
        return (Signal.KEYED,)
    fresh = board.now - turn.true_end <= board.policy.side_turn_s
    return (Signal.SPEECH, Signal.SILENCE) if fresh and (turn.finals_awaited or asks_something(turn, board)) else ()


def asks_something(turn: UserTurn, board: Board) -> bool:
    """Whether words over speech that was not interrupted are a turn now that it is over.

    Over a greeting "hello?" is none; "okay" is one at the very end.
    """
    is_first = board.last_true_end == 0.0
    if is_first and is_greeting(turn.text, board.policy.language):
        return False
    meant = overlap_meaning(turn, board.agent, board.policy)
    return meant.takes_floor or (meant is Meaning.BACKCHANNEL and board.now - turn.true_end <= CLOSING_S)


def answers_nothing(turn: UserTurn, agent: AgentWords, policy: TurnPolicy) -> bool:
    """Whether all that was said to a silent agent is "mm-hm" or "um", and the agent did not ask for it."""
    if turn.typed or meaning(turn.text, policy.vocabulary) is not Meaning.MURMUR:
        return False
    return not asks_yes_or_no(agent.sentence, policy.language)
