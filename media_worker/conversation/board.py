"""What the two halves of the conversation share: the time, the policy, the effects and the floor."""

from collections.abc import Callable

from media_worker.conversation.deadlines import Deadlines
from media_worker.conversation.effects import Effect, Explain
from media_worker.conversation.ending import Ending
from media_worker.conversation.floor import Action, Floor, Signal, step
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.words.agent_words import AgentWords


class Board:
    """One conversation's state outside its halves; both write to it, the machine empties it."""

    def __init__(self, policy: TurnPolicy, perform: Callable[[Action], None]) -> None:
        """`perform` carries out one action of a floor transition."""
        self.policy = policy
        self.now = 0.0
        self.floor = Floor.IDLE
        self.deadlines = Deadlines()
        self.ending = Ending()
        self.agent = AgentWords()
        """What of the agent's words was heard last."""
        self.last_activity = 0.0
        """When a party was last heard."""
        self.silent_since = 0.0
        """When the line fell silent, if it is."""
        self.last_true_end = 0.0
        """When the user's last complete turn ended."""
        self.sounding_since = 0.0
        """When the last reply was first heard."""
        self.last_text = ""
        """Its words."""
        self.last_turn_id = -1
        """Of the last reply that was owed."""
        self._perform = perform
        self._effects: list[Effect] = []

    def signal(self, signal: Signal) -> None:
        """Move the floor and carry out what the transition asks for."""
        self.floor, actions = step(self.floor, signal)
        for action in actions:
            self._perform(action)

    def do(self, effect: Effect) -> None:
        """Have something done."""
        self._effects.append(effect)

    def explain(self, text: str) -> None:
        """Say why, to developers."""
        self._effects.append(Explain(text))

    def take_effects(self) -> tuple[Effect, ...]:
        """The effects since the last call, in order."""
        taken, self._effects = tuple(self._effects), []
        return taken
