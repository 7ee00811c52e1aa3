"""The tunable rules of turn-taking, with their defaults and units (conversation.md 11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from media_worker.conversation.endpointing import Endpointing, FixedSilence
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.conversation.voicemail import VoicemailPolicy
from media_worker.conversation.words.backchannels import Vocabulary, vocabulary
from media_worker.conversation.words.phrases import Phrases, phrases


@dataclass(frozen=True)
class TurnPolicy:
    """What one session's conversation obeys."""

    greeting: str | None = None
    """Said first; None = the language model greets."""
    user_start_first: bool = False
    """Say nothing until the user speaks."""
    interruptions: bool = True
    greeting_interruptible: bool = True
    keep_interrupted: bool = True
    """The model may see the heard part of an interrupted reply."""
    endpointing: Endpointing = field(default_factory=FixedSilence)
    vocabulary: Vocabulary = field(default_factory=lambda: vocabulary("en"))
    """What is no interruption, and what always is one."""
    min_words: int = 1
    """Fewer words do not interrupt, unless they are a stop."""
    min_speech_ms: int = 250
    """Provisional words interrupt only after this much speech, unless they are a stop."""
    whole_turns: bool = False
    """The recogniser must hear a turn in one piece: its final text is asked for when the turn ends, not at a pause."""
    speculation: bool = False
    """A reply may be prepared before the user's turn has surely ended."""
    language: str = "en"
    detects_do_not_call: bool = False
    """It is noted when the user does not want to be called again."""
    max_duration_s: float = 1800.0
    max_idle_s: float | None = None
    """Silence of both sides after which the call ends; None = never."""
    writer_idle_s: float = 600.0
    """The same, where the call does end, when the user has no microphone: he may read, and think of what to write."""
    inactivity_s: float | None = None
    """Silence of both sides after which the agent asks whether the user is there; None = never. Writers are not."""
    inactivity_message: str = ""
    max_inactivity_prompts: int = 2
    """In a row; each waits half as long again as the one before."""
    filler_after_s: float | None = None
    """How late a reply may be before a filler is said, from the true end of speech; None = never."""
    fillers: tuple[str, ...] = ()
    tools: Mapping[str, ToolPolicy] = field(default_factory=dict)
    """The functions that the model may call, by name."""
    timeout_message: str = ""
    """Said before a timeout ends the call."""
    voicemail: VoicemailPolicy | None = None
    """What to do when a machine has answered; None: the call is no outbound one, or it does not matter."""
    phrases: Phrases = field(default_factory=lambda: phrases("en"))
    """What the agent says when something fails."""
    slow_reply_s: float | None = None
    """How late a reply may be before the user is asked for a moment, from the commit; only where no fillers are set."""
    unheard_ms: int = 800
    """Speech of this length without a single word is asked to be repeated."""
    hold_grace_s: float = 0.4
    """After a wordless sound over the agent: how long to wait for words."""
    unsure_grace_s: float = 0.7
    """After a word that may take the floor once it is certain: how long to wait for its final text."""
    backchannel_grace_s: float = 0.2
    """After a backchannel: it may go on with a "but"."""
    agreement_s: float = 1.5
    """Agreement that goes on for so long no longer holds the agent."""
    hold_cap_s: float = 3.0
    """A sound without words never holds the agent longer."""
    wordless_s: float = 2.5
    """Speech, as the VAD has it, in which a recogniser that tells provisional words finds none for so long is noise."""
    text_wait_s: float = 1.5
    """How long a final text may take after it was requested."""
    unintelligible_ms: int = 400
    """Speech shorter than this that cannot be told is no turn."""
    overlap_unintelligible_ms: int = 1000
    """Speech longer than this over the agent interrupts it even when it cannot be told."""
    side_turn_s: float = 4.0
    """Words said over protected speech are answered if they are not older than this at its end."""
    hard_stop_s: float = 15.0
    """The goodbye may take this long."""
