"""Reads conversations that are written down as screenplays (tests/vectors/conversations).

# What the scene shows.
policy adaptive max_silence_ms=1000        settings of the scene; all optional
language ja
response_delay 300                         or number_input_delay; ms
min_words 2                                or min_speech_ms; of an interruption
gated                                      the recogniser is asked for its text when the turn ends
script "book a table" "opening hours"      what it can hear at all
inactivity 10 "Are you there?"             what it says after so many seconds of silence
max_idle 20 "Goodbye."                     or max_duration; seconds, and what is said before the end
filler 1500 "Um"                           what it says when a reply takes so many ms

0.0-1.0 agent "Hello."                     heard from 0 to 1; the first one is the greeting
2.0-3.0 user "book a table"                VAD edges 100 ms late, a partial, a final 50 ms after the edge
2.0-3.0 user "x" vad=0.08 final=0.3        other delays; final=no: it never comes; partial=no: nor does a partial
2.0-3.0 sound                              the VAD hears him, the recogniser finds no words
2.1 vad starts    3.1 vad ends 3.0    2.3 partial "x"    3.2 final "x"    3.2 turn ends    4.0 types "x"
4.0 hangs up    4.0 terminated "Goodbye."    4.0 reply fails

repeat 6 every 8.0                         the lines up to `end`, six times, 8 s apart
...
end

expect                                     everything that was done after the greeting; or `expect last`: the last of it
3.5 commit "book a table"
3.5 reply                                  also: pause, resume, clear
9.0 say "Are you there?"                   or fill
9.9 end timeout                            why the call ended
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from callcore.calls import CallStatus
from callcore.script import Intent, Script
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.backchannels import vocabulary
from media_worker.conversation.endpointing import AdaptiveSilence, Endpointing, FixedSilence, ProviderTurn
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.script_phrases import ScriptPhrases
from media_worker.conversation.text_cue import TextCue
from tests.unit.media_worker.conversation.screenplay import Stage, TimedEvent

NAMES = {
    do.CommitUser: "commit",
    do.StartReply: "reply",
    do.HoldPlayout: "pause",
    do.ResumePlayout: "resume",
    do.CutReply: "clear",
    do.Say: "say",
    do.Fill: "fill",
    do.EndSession: "end",
}
OF_A_REPLY = did.PlayoutStarted | did.AgentSaid | did.ReplyEnded | did.PlayoutDrained | did.ReplyFailed
SPAN = re.compile(r"(?P<start>[\d.]+)-(?P<end>[\d.]+) (?P<who>agent|user|sound)(?P<rest>.*)")
MOMENT = re.compile(
    r"(?P<at>[\d.]+) (?P<what>vad starts|vad ends|partial|final|turn ends|types"
    r"|hangs up|terminated|reply fails)(?P<rest>.*)"
)

GREETING = "Hello."
OWED = -1
"""Stands for the reply that is owed when the line is played."""

Done = tuple[float, str, str]
"""When, what, and its text."""


@dataclass
class Scene:
    """One screenplay."""

    policy: TurnPolicy
    events: list[TimedEvent] = field(default_factory=list)
    expected: list[Done] = field(default_factory=list)
    only_last: bool = False

    def play(self) -> Stage:
        """Play it, and wait until everything has happened; a line of the agent is the reply it owes when it begins."""
        stage = Stage(self.policy)
        replies: dict[int, int] = {}
        for at, event in self.events:
            stage.play(until=at)
            if isinstance(event, OF_A_REPLY):
                owed = [effect.turn_id for _, effect in stage.log if isinstance(effect, do.StartReply | do.Say)][-1]
                event = replace(
                    event, turn_id=owed if event.turn_id == OWED else replies.setdefault(event.turn_id, owed)
                )
            stage.play((at, event))
        return stage.play(until=stage.now + 20)


def parse(text: str) -> Scene:
    """The scene. Raises ValueError for a line that is none."""
    lines = [line for raw in text.splitlines() if (line := raw.split("  #")[0].strip()) and not line.startswith("#")]
    directions = next(number for number, line in enumerate(lines) if line.startswith("expect"))
    settings = [line for line in lines[:directions] if line[0].isalpha() and not line.startswith(("repeat", "end"))]
    action = [line for line in lines[:directions] if line not in settings]
    scene = Scene(_policy(settings), only_last=lines[directions] == "expect last")
    for offset, line in _unrolled(action):
        scene.events += _events(line, offset)
    scene.events = [(0.0, did.Ready()), *sorted(scene.events, key=lambda timed: timed[0])]
    scene.expected = [_done(line) for line in lines[directions + 1 :]]
    return scene


def effects_of(log: list[tuple[float, do.Effect]]) -> list[Done]:
    """What was done after the greeting, in the words of a screenplay."""
    return [
        (round(at, 3), NAMES[type(effect)], _text(effect))
        for at, effect in log
        if type(effect) in NAMES and effect != do.Say(0, GREETING)
    ]


def _text(effect: do.Effect) -> str:
    match effect:
        case do.CommitUser(text) | do.Say(text=text) | do.Fill(text=text):
            return text
        case do.EndSession(reason):
            return reason
    return ""


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


def _events(line: str, offset: float) -> list[TimedEvent]:
    if span := SPAN.fullmatch(line):
        start, end = offset + float(span["start"]), offset + float(span["end"])
        words = shlex.split(span["rest"])
        text = words.pop(0) if span["who"] != "sound" else ""
        if span["who"] == "agent":
            return _agent(start, end, text)
        return _user(start, end, text, dict(word.split("=") for word in words))
    if moment := MOMENT.fullmatch(line):
        return [(offset + float(moment["at"]), _event(moment["what"], shlex.split(moment["rest"]), offset))]
    raise ValueError(f"no line of a screenplay: {line}")


def _agent(start: float, end: float, text: str) -> list[TimedEvent]:
    """Which reply it is turns out when it is played; until then the line's place stands for it."""
    line = round(start * 1000)
    return [
        (start, did.PlayoutStarted(line)),
        (start, did.AgentSaid(line, text)),
        (start, did.ReplyEnded(line, end_call=False)),
        (end, did.PlayoutDrained(line)),
    ]


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


def _event(what: str, rest: list[str], offset: float) -> did.Event:
    match what:
        case "vad starts":
            return did.SpeechStarted()
        case "vad ends":
            return did.SpeechEnded(offset + float(rest[0]), 500)
        case "partial":
            return did.PartialHeard(rest[0])
        case "final":
            return did.FinalHeard(rest[0])
        case "turn ends":
            return did.TurnEnded()
        case "hangs up":
            return did.HungUp()
        case "terminated":
            return did.Terminated(CallStatus.API_ENDED, "".join(rest))
        case "reply fails":
            return did.ReplyFailed(OWED)
        case _:
            return did.UserTyped(rest[0])


def _done(line: str) -> Done:
    at, what, *text = shlex.split(line)
    if what not in NAMES.values():
        raise ValueError(f"nothing that can be expected: {line}")
    return float(at), what, "".join(text)


def _policy(lines: list[str]) -> TurnPolicy:
    settings = {name: shlex.split(rest) for name, _, rest in (line.partition(" ") for line in lines)}
    unknown = settings.keys() - {"policy", "language", "response_delay", "number_input_delay", "gated", "script"}
    unknown -= {"min_words", "min_speech_ms", "inactivity", "max_idle", "max_duration", "filler"}
    if unknown:
        raise ValueError(f"no settings of a scene: {unknown}")
    language = settings.get("language", ["en"])[0]
    script = (
        ScriptPhrases(Script(intents=(Intent(phrases=tuple(settings["script"])),))) if "script" in settings else None
    )
    policy = TurnPolicy(
        greeting=GREETING,
        language=language,
        vocabulary=vocabulary(language),
        min_words=int(settings.get("min_words", ["1"])[0]),
        min_speech_ms=int(settings.get("min_speech_ms", ["250"])[0]),
        gated_recogniser="gated" in settings,
        endpointing=_endpointing(settings, TextCue(language, script)),
    )
    return _timers(policy, settings)


def _timers(policy: TurnPolicy, settings: dict[str, list[str]]) -> TurnPolicy:
    for name, words in settings.items():
        value, *texts = words or [""]
        text = "".join(texts)
        match name:
            case "inactivity":
                policy = replace(policy, inactivity_s=float(value), inactivity_message=text)
            case "max_idle":
                policy = replace(policy, max_idle_s=float(value), timeout_message=text)
            case "max_duration":
                policy = replace(policy, max_duration_s=float(value), timeout_message=text)
            case "filler":
                policy = replace(policy, filler_after_s=int(value) / 1000, fillers=tuple(texts))
    return policy


def _endpointing(settings: dict[str, list[str]], cue: TextCue) -> Endpointing:
    mode, *details = settings.get("policy", ["fixed"])
    bounds = {name: int(value) / 1000 for name, value in (detail.split("=") for detail in details)}
    delay_s, number_s = (int(settings.get(name, ["0"])[0]) / 1000 for name in ("response_delay", "number_input_delay"))
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
