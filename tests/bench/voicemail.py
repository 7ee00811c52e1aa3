"""Who answers a call that we place: a machine or a person? Precision and recall on a labelled set.

    python -m tests.bench.voicemail --recogniser known|none|embedded

Greetings are flite's, in four voices, and recorded: that of a telephone system, with its own beep, and people who talk.
Every call is a whole session over a telephone's band in virtual time, whose agent speaks first and hangs up on
machines. Its recogniser knows the words as they were spoken, knows none (only the beep is left to go by), or is the
embedded one, with its open English, which mishears a great deal over a telephone's band.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from callcore.calls.call import CallStatus
from media_worker.media.resample import Resampler
from tests.bench.audio_call import Said, Samples, call, plan
from tests.peers import people
from tests.peers.people import ALLISON, TELEPHONE_HZ, Utterance, recording
from tests.peers.speaker import utter

RATE_HZ = TELEPHONE_HZ
RINGS_S, LISTENS_S = 0.8, 7.0
"""Before the first word, and after the last."""
BEEP_HZ = (440, 620, 850, 1000, 1400, 1750)

MACHINES = (
    "You have reached the voice mailbox of Ann Smith. Please leave a message after the beep.",
    "Hi, this is Bob. I can't come to the phone right now, so leave your name and number and I will get back to you.",
    "The person you have called is not available at the moment. Please try again later.",
    "Hello, you have called the Miller family. We are on holiday until Monday. Speak to you soon.",
    "Your call has been forwarded to voicemail. At the tone, please record your message.",
    "Thank you for calling. Our office is closed now. We open again tomorrow morning at nine.",
)
"""Each says its greeting and beeps, but for the third, which is a telephone company's."""
PEOPLE = (
    "Hello?",
    "Smith and sons, good morning, this is Ann speaking, how can I help you today?",
    "Sorry, I am driving right now, can you call me back later this afternoon, please?",
    "She is not available.",
    "He is in a meeting until three. Would you like to leave a message?",
    "Who is this, and how did you get this number? I do not want to buy anything.",
)
SCREENS = (
    "Hi, if you record your name and reason for calling, I will see if this person is available.",
    "The person you are calling is using a screening service. Go ahead and say your name and why you are calling.",
    "Please state your name after the tone, and we will try to connect you.",
)
"""Of telephones and of their companies: somebody listens."""
RECORDED_MACHINE = "please leave your message after the tone when done hang up or press the pound key"
"""vm-intro of the recordings."""


class Recogniser(StrEnum):
    """What writes down the words."""

    KNOWN = "known"
    NONE = "none"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class Answer:
    """How a call is answered."""

    is_machine: bool
    sound: Samples
    """Of RATE_HZ; full scale is 1."""
    said: Said


def answers(voices: Sequence[str] = people.VOICES) -> Iterator[Answer]:
    """The labelled set."""
    for number, voice in enumerate(voices):
        for place, text in enumerate(MACHINES):
            beep = np.zeros(0) if place == 2 else _beep(BEEP_HZ[(number + place) % len(BEEP_HZ)])
            yield _answer(_spoken(text, voice), beep, is_machine=True)
        for text in PEOPLE:
            yield _answer(_spoken(text, voice), np.zeros(0), is_machine=False)
        for text in SCREENS:
            yield _answer(_spoken(text, voice), _beep(1000), is_machine=False)
        # somebody who records his calls, or whose oven is ready
        yield _answer(_spoken("Hello, Ann speaking.", voice), _beep(1400), is_machine=False)
    intro = Utterance(RECORDED_MACHINE, recording(ALLISON / "vm-intro.wav"), TELEPHONE_HZ)
    yield _answer(intro, recording(ALLISON / "beep.wav"), is_machine=True)
    for utterance in (*people.readers(), *people.card_players(), *people.telephone_prompts()):
        yield _answer(utterance, np.zeros(0), is_machine=False)


def _spoken(text: str, voice: str) -> Utterance:
    return Utterance(text, np.frombuffer(utter(text, voice), "<i2") / 32_768)


def _beep(hz: int) -> Samples:
    times = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    return np.asarray(0.2 * np.sin(2 * np.pi * hz * times))


def _answer(utterance: Utterance, beep: Samples, *, is_machine: bool) -> Answer:
    pcm = utterance.pcm
    if utterance.rate_hz != RATE_HZ:
        pcm = Resampler(utterance.rate_hz, RATE_HZ).push(pcm)
    spoken = np.frombuffer(pcm, "<i2") / 32_768
    quiet = [np.zeros(round(seconds * RATE_HZ)) for seconds in (RINGS_S, 0.5, LISTENS_S)]
    sound = np.concatenate((quiet[0], spoken, quiet[1], beep, quiet[2]))
    return Answer(is_machine, sound, (RINGS_S, RINGS_S + len(spoken) / RATE_HZ, utterance.text))


def taken_for_machine(answer: Answer, *, action: str = "hangup", recogniser: Recogniser = Recogniser.KNOWN) -> bool:
    """Whether an agent with this action takes it."""
    script = {} if recogniser is Recogniser.EMBEDDED else {"script": {"fallback": "I am calling about your order."}}
    session_plan = plan(
        first_message="Hello, this is Ann's pharmacy.",
        llm={"provider": "script"} | script,
        flow={"voicemail": {"action": action, "message": "Your order is ready."}},
    )
    words = {Recogniser.KNOWN: [answer.said], Recogniser.NONE: [], Recogniser.EMBEDDED: None}[recogniser]
    happened = call(replace(session_plan, outbound=True), answer.sound, words=words, rate_hz=RATE_HZ)
    return happened.end.status in (CallStatus.VOICEMAIL_HANGUP, CallStatus.VOICEMAIL_MESSAGE)


def figures(found: Sequence[tuple[Answer, bool]]) -> tuple[float, float]:
    """Precision and recall of "a machine"."""
    right = sum(answer.is_machine and taken for answer, taken in found)
    taken = sum(taken for _, taken in found)
    machines = sum(answer.is_machine for answer, _ in found)
    return right / taken if taken else 1.0, right / machines


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recogniser", type=Recogniser, choices=list(Recogniser), default=Recogniser.KNOWN)
    recogniser: Recogniser = parser.parse_args().recogniser
    labelled = list(answers())
    machines = sum(answer.is_machine for answer in labelled)
    screens = sum(answer.said[2] in SCREENS for answer in labelled)
    people_count = len(labelled) - machines - screens
    print(f"{len(labelled)} answers: {machines} machines, {people_count} people, {screens} screening lines")
    for action in ("hangup", "message"):
        found = [(one, taken_for_machine(one, action=action, recogniser=recogniser)) for one in labelled]
        precision, recall = figures(found)
        print(f"{action}, {recogniser}: precision {precision:.3f}, recall {recall:.3f}")
        wrong = [(answer.said[2], taken) for answer, taken in found if taken is not answer.is_machine]
        for (text, taken), count in Counter(wrong).items():
            verdict = "taken for a machine" if taken else "not told to be a machine"
            kind = "a screening line" if text in SCREENS else "a person" if taken else "a machine"
            print(f"  {kind} {verdict}, {count} times: {text}", flush=True)


if __name__ == "__main__":
    main()
