"""Reads conversations that are written down as screenplays (tests/vectors/conversations).

# What the scene shows.
policy adaptive max_silence_ms=1000        settings of the scene; all optional
language ja
response_delay 300                         or number_input_delay; ms
script "book a table" "opening hours"      what the recogniser can hear at all
gated                                      the recogniser is asked for its text when the turn ends
inactivity 10 "Are you there?"             what it says after so many seconds of silence
max_idle 20 "Goodbye."                     or max_duration; seconds, and what is said before the end
voicemail "Please call us."                an outbound call: what is left on a machine; without a text: hang up
filler 1500 "Um"                           what it says when a reply takes so many ms
speculation yes                            replies are prepared
ready 1.0                                  when the session begins; 0 unless told
tool book after_message "One moment."      a function, fields of its ToolPolicy, and what is said before it runs
min_words 2                                any field of TurnPolicy by its name; yes, no, none, a number or a text

0.0-1.0 agent "Hello."                     what is owed sounds from 0 for 1 s, longer if it is held
4.0-5.0 agent "One." ...                   more of the same reply follows, with the next line of the agent
4.0-5.0 agent "Bye." ends                  it wants to end the call
2.0-3.0 user "book a table"                VAD edges 100 ms late, a partial, a final 50 ms after the edge
2.0-3.0 user "x" vad=0.08 final=0.3        other delays; final=no: it never comes; partial=no: nor does a partial
2.0-3.0 sound                              the VAD hears him, the recogniser finds no words
2.0-2.03 noise                             a loud noise for the microphone's own judgement
2.1 vad starts    3.1 vad ends 3.0    2.3 partial "x"    3.2 final "x"    3.2 rejected    3.2 turn ends    4.0 types "x"
2.1 vad starts doubtful    2.5 echo        what it hears may be the agent, and is; `person`: and is not
4.0 switches cs                            the conversation goes on in Czech
4.3 beep                                   a machine's tone has ended
4.3 answered by machine                    its carrier's word of whoever answered: one of callcore.phones.answered_by
4.0 calls book check                       the model has said what it wants to, and calls functions
5.0 result book "booked"                   what one of them comes to
0.0 microphone closed    9.0 microphone opened           he has none until then
4.0 presses 5     4.0 mutes 3.0     5.0 unmutes          the microphone has sent nothing since 3.0
4.4 voice asked                            the reply's first words are with the voice, which has said nothing yet
5.2 final "x" epoch=1                      of a recogniser that was opened anew
3.1 turn likely over    3.2 turn resumes    3.3 preparation fails
5.0 transport lost    6.0 transport back
5.0 hangs up      5.0 terminated "We are closing."       5.0 recogniser lost    5.0 reply fails    5.0 voice fails

repeat 6 every 8.0                         the lines up to `end`, six times, 8 s apart
...
end

expect                                     all that is done after the greeting; `expect everything`: the greeting, too;
3.5 commit "book a table"                  `expect last`: only the last of it
3.5 reply                                  the model is asked; say "x": a fixed text; fill "x"
5.1 pause heard=1.1                        and resume, clear: the client is told; `heard`: seconds of the reply so far
3.2 prepare "book a table"                 and voice, discard, promote (in place of reply); what an agent's line says
                                           meanwhile waits for its promotion
4.9 restart                                the model is asked anew, because the user's words were corrected
3.7 hold                                   and release, cancel: the same before the reply's first sample
4.0 announce "One moment."                 before functions run
5.0 run book check                         and timeout, stop: of one that took too long, that nobody waits for any more
6.0 ask                                    the model is asked to go on; `ask no more`: it may not call again; or finish
9.0 note "do not call"                     what belongs into the call's record
8.1 doubt                                  the microphone is harder to convince for a while
9.0 end user-ended

chat                                       what the call's record has in the end; optional
agent "Hello."
user "book a table"
agent "One moment." calls book
tool book "booked"

model                                      what the model sees of it; optional

why                                        every explanation, when it was given; optional
5.1 "holding: a sound over the reply"
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from callcore.agents.script import Intent, Script
from callcore.calls.call import CallStatus
from callcore.phones.answered_by import AnsweredBy
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.endpointing import AdaptiveSilence, Endpointing, FixedSilence, ProviderTurn
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.conversation.voicemail import VoicemailPolicy
from media_worker.conversation.words.backchannels import vocabulary
from media_worker.conversation.words.script_phrases import ScriptPhrases
from media_worker.conversation.words.text_cue import TextCue
from tests.unit.media_worker.conversation.house import House
from tests.unit.media_worker.conversation.screenplay import TimedEvent

SPAN = re.compile(r"(?P<start>[\d.]+)-(?P<end>[\d.]+) (?P<who>agent|user|sound|noise)(?P<rest>.*)")
MOMENT = re.compile(
    r"(?P<at>[\d.]+) (?P<what>\w+(?: (?:starts|ends|resumes|likely over|up|lost|back|fails|asked|opened|closed|by))?)"
    r"(?P<rest>.*)"
)
SECTIONS = ("expect", "expect everything", "expect last", "chat", "model", "why")
WORDS = (
    "commit",
    "reply",
    "say",
    "fill",
    "pause",
    "hold",
    "resume",
    "release",
    "clear",
    "cancel",
    "restart",
    "doubt",
    "end",
)
PREPARATIONS = ("prepare", "voice", "discard", "promote")
TOOL_WORDS = ("note", "announce", "run", "timeout", "stop", "ask", "finish")
ENDING_S = 20.0
"""How long the stage is watched after the last line."""


@dataclass(frozen=True)
class AgentLine:
    """A part of the reply that is owed."""

    text: str
    seconds: float
    last: bool
    end_call: bool


@dataclass(frozen=True)
class Noise:
    """A loud noise."""

    seconds: float


@dataclass(frozen=True)
class Failure:
    """The reply's model or voice gives up."""

    part: str


@dataclass(frozen=True)
class Calls:
    """The reply's model calls functions."""

    names: list[str]


@dataclass(frozen=True)
class Result:
    """What the last call of a function comes to."""

    name: str
    text: str


class TextReady:
    """The first words of the reply that is owed go to its voice."""


@dataclass(frozen=True)
class Switch:
    """The session goes on in another language."""

    language: str


Line = did.Event | did.TransportEvent | AgentLine | Noise | Failure | Calls | Result | Switch | TextReady


@dataclass(frozen=True)
class Done:
    """What was done, in the words of a screenplay."""

    at: float
    what: str
    text: str = ""
    heard: float | None = None
    """None: not told."""


@dataclass
class Scene:
    """One screenplay."""

    policy: TurnPolicy
    ready_at: float = 0.0
    lines: list[tuple[float, Line]] = field(default_factory=list)
    sections: dict[str, list[str]] = field(default_factory=dict)

    def play(self) -> House:
        """Play it, and wait until everything has happened."""
        house = House(self.policy)
        waiting = sorted([(self.ready_at, did.Ready()), *self.lines], key=lambda timed: timed[0])
        while waiting:
            at, line = waiting.pop(0)
            house.wait(at)
            match line:
                case AgentLine(text, seconds, last, end_call):
                    house.agent(text, seconds, last=last, end_call=end_call)
                case Failure(part):
                    house.fails(part)
                case Calls(names):
                    house.calls(names)
                case Result(name, text):
                    house.result(name, text)
                case TextReady():
                    house.asks_the_voice()
                case Noise(seconds):
                    waiting = sorted([*house.noise(seconds), *waiting], key=lambda timed: timed[0])
                case Switch(language):
                    house.handle(did.LanguageSwitched(_in_language(self.policy, language)))
                case _:
                    house.handle(line)
        house.wait(house.now + ENDING_S)
        return house

    def expected(self) -> list[Done]:
        """What shall be done."""
        lines = next(lines for name, lines in self.sections.items() if name.startswith("expect"))
        return [_done(line) for line in lines]

    def seen(self, house: House) -> list[Done]:
        """What was done, as far as the scene tells of it."""
        done = [_in_words(house, place, at, effect) for place, (at, effect) in enumerate(house.log)]
        told = [one for one in done if one is not None]
        if "expect last" in self.sections:
            told = told[-len(self.expected()) :]
        elif "expect" in self.sections and not self.policy.user_start_first:
            told = told[1:]
        return told


def parse(text: str) -> Scene:
    """The scene. Raises ValueError for a line that is none."""
    lines = [line for raw in text.splitlines() if (line := raw.split("  #")[0].strip()) and not line.startswith("#")]
    places = [place for place, line in enumerate(lines) if line in SECTIONS]
    if not places or not lines[places[0]].startswith("expect"):
        raise ValueError("a scene says what to expect")
    play = lines[: places[0]]
    settings = [line for line in play if line[0].isalpha() and not line.startswith(("repeat", "end"))]
    scene = Scene(*_settings(settings))
    for offset, line in _unrolled([line for line in play if line not in settings]):
        scene.lines += _lines(line, offset)
    for start, end in zip(places, [*places[1:], len(lines)], strict=True):
        scene.sections[lines[start]] = lines[start + 1 : end]
    scene.expected()
    return scene


# --- what happens ---------------------------------------------------------------------------------


def _unrolled(lines: list[str]) -> Iterator[tuple[float, str]]:
    """Every line with the time to add to it."""
    block: list[str] = []
    times, every_s, later_s = 0, 0.0, 0.0
    for line in lines:
        if repeat := re.fullmatch(r"repeat (\d+) every ([\d.]+)", line):
            times, every_s, block = int(repeat[1]), float(repeat[2]), []
        elif line == "end":
            yield from ((later_s + number * every_s, inner) for number in range(times) for inner in block)
            later_s, times = later_s + times * every_s, 0
        elif times:
            block.append(line)
        else:
            yield later_s, line


def _lines(line: str, offset: float) -> list[tuple[float, Line]]:
    if span := SPAN.fullmatch(line):
        start, end = offset + float(span["start"]), offset + float(span["end"])
        return _span(span["who"], start, end, shlex.split(span["rest"]))
    if moment := MOMENT.fullmatch(line):
        return [(offset + float(moment["at"]), _moment(moment["what"], shlex.split(moment["rest"]), offset))]
    raise ValueError(f"no line of a screenplay: {line}")


def _span(who: str, start: float, end: float, words: list[str]) -> list[tuple[float, Line]]:
    match who:
        case "agent":
            text, *rest = words
            return [(start, AgentLine(text, end - start, "..." not in rest, "ends" in rest))]
        case "noise":
            return [(start, Noise(end - start))]
        case "sound":
            return [*_user(start, end, "", {})]
        case _:
            text, *rest = words
            return [*_user(start, end, text, dict(word.split("=") for word in rest))]


def _user(start: float, end: float, text: str, delays: dict[str, str]) -> list[TimedEvent]:
    lag = float(delays.get("vad", "0.1"))
    events: list[TimedEvent] = [
        (start + lag, did.SpeechStarted(start)),
        (end + lag, did.SpeechEnded(end, round((end - start) * 1000))),
    ]
    if text and delays.get("partial") != "no":
        events.append((min(start + lag + 0.2, end), did.PartialHeard(text)))
    if delays.get("final") != "no":
        events.append((end + lag + float(delays.get("final", "0.05")), did.FinalHeard(text)))
    return events


def _moment(what: str, rest: list[str], offset: float) -> Line:
    if what not in MOMENTS:
        raise ValueError(f"nothing that can happen: {what}")
    return MOMENTS[what](rest, offset)


MOMENTS: Mapping[str, Callable[[list[str], float], Line]] = {
    "vad starts": lambda words, offset: did.SpeechStarted(doubtful="doubtful" in words),
    "echo": lambda words, offset: did.SoundJudged(did.Sound.ECHO),
    "person": lambda words, offset: did.SoundJudged(did.Sound.USER),
    "vad ends": lambda words, offset: did.SpeechEnded(offset + float(words[0]), 500),
    "beep": lambda words, offset: did.BeepHeard(),
    "answered by": lambda words, offset: did.AnswererHinted(AnsweredBy(words[0])),
    "partial": lambda words, offset: did.PartialHeard(words[0]),
    "final": lambda words, offset: did.FinalHeard(words[0], epoch=int("".join(words[1:]).removeprefix("epoch=") or 0)),
    "rejected": lambda words, offset: did.FinalHeard("", rejected=True),
    "turn ends": lambda words, offset: did.TurnEnded(),
    "turn likely over": lambda words, offset: did.TurnLikelyOver(),
    "turn resumes": lambda words, offset: did.TurnResumed(),
    "types": lambda words, offset: did.UserTyped(words[0]),
    "presses": lambda words, offset: did.KeyPressed(words[0]),
    "mutes": lambda words, offset: did.Muted(True, offset + float(words[0])),
    "unmutes": lambda words, offset: did.Muted(False, offset),
    "microphone closed": lambda words, offset: did.MicrophoneClosed(),
    "microphone opened": lambda words, offset: did.MicrophoneOpened(),
    "voice asked": lambda words, offset: TextReady(),
    "transport lost": lambda words, offset: did.TransportLost(),
    "transport back": lambda words, offset: did.TransportBack(),
    "hangs up": lambda words, offset: did.HungUp(),
    "terminated": lambda words, offset: did.Terminated(CallStatus.API_ENDED, *words),
    "recogniser lost": lambda words, offset: did.HearingLost(),
    "switches": lambda words, offset: Switch(words[0]),
    "calls": lambda words, offset: Calls(words),
    "result": lambda words, offset: Result(words[0], "".join(words[1:])),
    "preparation fails": lambda words, offset: Failure("preparation"),
    "reply fails": lambda words, offset: Failure("model"),
    "voice fails": lambda words, offset: Failure("voice"),
}
"""What happens at a moment: from the words after it and the time to add, the line of the play."""


# --- what is done ---------------------------------------------------------------------------------


def _in_words(house: House, place: int, at: float, effect: do.Effect) -> Done | None:
    """The effect as a line; None for one that a scene does not tell."""
    at = round(at, 3)
    heard = round(house.heard.get(place, 0.0), 3)
    match effect:
        case do.CommitUser(text):
            return Done(at, "commit", text)
        case do.StartReply():
            return Done(at, "reply")
        case do.Say(_, text):
            return Done(at, "say", text)
        case do.Fill(_, text):
            return Done(at, "fill", text)
        case do.HoldPlayout(audible):
            return Done(at, "pause" if audible else "hold", heard=heard)
        case do.ResumePlayout(audible):
            return Done(at, "resume" if audible else "release", heard=heard)
        case do.CutReply(audible=audible):
            return Done(at, "clear" if audible else "cancel", heard=heard)
        case do.EndSession(reason):
            return Done(at, "end", reason)
    return _tools_in_words(at, effect) or _preparation_in_words(at, effect) or _remark_in_words(at, effect)


def _remark_in_words(at: float, effect: do.Effect) -> Done | None:
    match effect:
        case do.NoteDoNotCall():
            return Done(at, "note", "do not call")
        case do.DoubtSounds():
            return Done(at, "doubt")
    return None


def _tools_in_words(at: float, effect: do.Effect) -> Done | None:
    match effect:
        case do.Announce(_, texts):
            return Done(at, "announce", " ".join(texts))
        case do.RunTools(_, calls):
            return Done(at, "run", " ".join(call.name for call in calls))
        case do.CancelTool(call_id, timed_out):
            return Done(at, "timeout" if timed_out else "stop", call_id.partition("-")[0])
        case do.ContinueReply(_, may_call):
            return Done(at, "ask", "" if may_call else "no more")
        case do.FinishReply():
            return Done(at, "finish")
    return None


def _preparation_in_words(at: float, effect: do.Effect) -> Done | None:
    match effect:
        case do.PrepareReply(text=text):
            return Done(at, "prepare", text)
        case do.PrepareVoice():
            return Done(at, "voice")
        case do.RestartReply():
            return Done(at, "restart")
        case do.PromoteReply():
            return Done(at, "promote")
        case do.DiscardReply():
            return Done(at, "discard")
    return None


def _done(line: str) -> Done:
    at, what, *rest = shlex.split(line)
    if what not in WORDS + TOOL_WORDS + PREPARATIONS:
        raise ValueError(f"nothing that can be expected: {line}")
    heard = [float(word.removeprefix("heard=")) for word in rest if word.startswith("heard=")]
    texts = [word for word in rest if not word.startswith("heard=")]
    return Done(float(at), what, " ".join(texts), heard[0] if heard else None)


# --- settings -------------------------------------------------------------------------------------


def _settings(lines: list[str]) -> tuple[TurnPolicy, float]:
    """The policy, and when the session begins."""
    named = [(name, shlex.split(rest)) for name, _, rest in (line.partition(" ") for line in lines)]
    tools = dict(_tool(words) for name, words in named if name == "tool")
    settings = {name: words for name, words in named if name != "tool"}
    ready_at = float(settings.pop("ready", ["0"])[0])
    language = settings.get("language", ["en"])[0]
    phrases = settings.pop("script", None)
    script = None if phrases is None else ScriptPhrases(Script(intents=(Intent(phrases=tuple(phrases)),)))
    policy = TurnPolicy(
        greeting="Hello.",
        vocabulary=vocabulary(language),
        tools=tools,
        whole_turns=settings.pop("gated", None) is not None,
        endpointing=_endpointing(settings, TextCue(language, script)),
    )
    timers = _timers(settings)
    unknown = settings.keys() - {known.name for known in fields(TurnPolicy)}
    if unknown:
        raise ValueError(f"no settings of a scene: {unknown}")
    values: dict[str, Any] = {name: _value(name, words) for name, words in settings.items()}
    return replace(policy, **timers, **values), ready_at


def _tool(words: list[str]) -> tuple[str, ToolPolicy]:
    """A function's name and policy."""
    name, *rest = words
    known = {known.name for known in fields(ToolPolicy)}
    told = {word.partition("=")[0]: word.partition("=")[2] for word in rest if word.partition("=")[0] in known}
    messages = tuple(word for word in rest if word.partition("=")[0] not in known)
    values: dict[str, Any] = {
        field: float(value) if value[:1].isdigit() else value != "no" for field, value in told.items()
    }
    return name, ToolPolicy(messages=messages, **values)


def _timers(settings: dict[str, list[str]]) -> dict[str, Any]:
    """The fields of the settings that set a time and a text."""
    values: dict[str, Any] = {}
    for name in ("inactivity", "max_idle", "max_duration"):
        seconds, *texts = settings.pop(name, [""])
        if seconds:
            values[f"{name}_s"] = float(seconds)
            values["inactivity_message" if name == "inactivity" else "timeout_message"] = "".join(texts)
    if "voicemail" in settings:
        values["voicemail"] = VoicemailPolicy("".join(settings.pop("voicemail")))
    ms, *fillers = settings.pop("filler", [""])
    if ms:
        values |= {"filler_after_s": int(ms) / 1000, "fillers": tuple(fillers)}
    return values


def _value(name: str, words: list[str]) -> Any:
    """A setting in the type of its field."""
    if isinstance(getattr(TurnPolicy(), name), tuple):
        return tuple(words)
    word = words[0]
    if word in ("yes", "no", "none"):
        return {"yes": True, "no": False, "none": None}[word]
    return float(word) if re.fullmatch(r"[\d.]+", word) else word


def _in_language(policy: TurnPolicy, language: str) -> TurnPolicy:
    """The same rules with another language's words."""
    endpointing = policy.endpointing
    if isinstance(endpointing, FixedSilence | AdaptiveSilence):
        endpointing = replace(endpointing, cue=TextCue(language))
    return replace(policy, language=language, vocabulary=vocabulary(language), endpointing=endpointing)


def _endpointing(settings: dict[str, list[str]], cue: TextCue) -> Endpointing:
    mode, *details = settings.pop("policy", ["fixed"])
    bounds = {name: int(value) / 1000 for name, value in (detail.split("=") for detail in details)}
    delays = (settings.pop(name, ["0"])[0] for name in ("response_delay", "number_input_delay"))
    delay_s, number_s = (int(delay) / 1000 for delay in delays)
    match mode:
        case "fixed":
            return FixedSilence(bounds.get("silence_ms", 0.5), delay_s, number_s, cue)
        case "provider":
            return ProviderTurn(response_delay_s=delay_s)
        case "adaptive":
            adaptive = AdaptiveSilence(response_delay_s=delay_s, number_input_delay_s=number_s, cue=cue)
            least_s, most_s = bounds.get("silence_ms", adaptive.silence_s), bounds.get("max_silence_ms", 1.8)
            return replace(adaptive, silence_s=least_s, max_silence_s=most_s)
    raise ValueError(f"no policy: {mode}")
