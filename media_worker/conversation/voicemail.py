"""A machine has answered an outbound call: how it is told from a person, by words and a beep (telephony.md 5.1).

Hanging up on a person is worse than talking to a machine. So words count that machines alone say; others count only
when the greeting is long as well, and a beep only after a greeting that waited for no answer. A carrier that takes
somebody for a machine makes likely words certain, and a long greeting of any words; by itself it changes nothing, a
fax apart. One that takes him for a person makes likely words worth nothing. Who asks for a name or offers to take a
message is talked with: somebody listens. Once two turns were answered nobody is taken for a machine.

    LISTENING ──words, or a beep──► MACHINE ──a beep, or silence──► LEAVING (who speaks over the message is answered)
        └──two answers, or the window is over──► HUMAN
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from callcore.phones.answered_by import AnsweredBy
from media_worker.conversation.words.normal_form import normalise

MAX_ANSWERED = 2
"""Machines pause, too: one answer may have been given to a greeting."""


class Answerer(Enum):
    """Who has answered the call, as far as we know."""

    LISTENING = auto()
    MACHINE = auto()
    LEAVING = auto()
    HUMAN = auto()


class VoicemailSignal(Enum):
    """What tells us."""

    MACHINE_WORDS = auto()
    BEEP = auto()
    SILENCE = auto()
    PERSON = auto()
    FAX = auto()


_A, _S = Answerer, VoicemailSignal
TABLE: Mapping[tuple[Answerer, VoicemailSignal], Answerer] = {
    (_A.LISTENING, _S.MACHINE_WORDS): _A.MACHINE,
    (_A.LISTENING, _S.BEEP): _A.MACHINE,
    (_A.LISTENING, _S.PERSON): _A.HUMAN,
    (_A.LISTENING, _S.FAX): _A.MACHINE,
    (_A.MACHINE, _S.SILENCE): _A.LEAVING,
    (_A.LEAVING, _S.BEEP): _A.MACHINE,
    (_A.LEAVING, _S.PERSON): _A.HUMAN,
    (_A.HUMAN, _S.PERSON): _A.HUMAN,
}


@dataclass(frozen=True)
class VoicemailPolicy:
    """What the agent wants to happen."""

    message: str = ""
    """Left on the machine; empty: hang up."""
    continue_on_voice_activity: bool = True
    """A person who speaks over the message is answered."""
    phrases: tuple[str, ...] = ()
    """The agent's own, beside ours."""
    window_s: float = 20.0
    """From the answer of the call; later nobody is taken for a machine."""
    greeting_s: float = 4.0
    """A greeting of this length makes likely words certain."""
    silence_s: float = 1.5
    """After the greeting, before the message is left."""
    max_greeting_s: float = 30.0
    """The message is left then, whatever still sounds; and so long a greeting may end in a beep."""
    beep_after_s: float = 2.5
    """A beep after a greeting of this length, without a pause, is a machine's."""
    beep_within_s: float = 3.0
    """After the greeting's end."""
    after_beep_s: float = 0.2
    """The recording has begun by then."""
    too_early_s: float = 6.0
    """A beep that comes so soon after the message began cut it off: it is said again."""

    def is_machine(self, text: str, spoken_s: float, hint: AnsweredBy | None = None) -> bool:
        """Whether these words, the end of so long a greeting, are a machine's; `hint` is the carrier's."""
        words = normalise(text)
        if self.asks(text):
            return False
        if any(phrase in words for phrase in (*_CERTAIN, *map(normalise, self.phrases)) if phrase):
            return True
        is_likely = any(phrase in words for phrase in _LIKELY)
        is_long = spoken_s >= self.greeting_s
        if hint is AnsweredBy.HUMAN:
            return False
        return is_likely and is_long if hint is None else bool(words) and (is_likely or is_long)

    def asks(self, text: str) -> bool:
        """Whether these words are a question that somebody wants to hear the answer to."""
        words = normalise(text)
        if any(phrase in words for phrase in _ASKING):
            return True
        # Of all that a screening service says, this is what recognisers understand.
        return "your name" in words and not any(phrase in words for phrase in _NAME_OF_A_MESSAGE)


def _listed(*lines: str) -> tuple[str, ...]:
    return tuple(normalise(entry) for line in lines for entry in line.split("|"))


_CERTAIN = _listed(
    "leave a message|leave your message|leave me a message|after the tone|after the beep|at the tone",
    "record your message",
    "you have reached the voicemail|you've reached the voicemail|voice mailbox|mailbox is full|forwarded to voicemail",
    "nach dem signalton|nach dem piepton|hinterlassen sie eine nachricht|hinterlassen sie ihre nachricht|mailbox von",
    "laissez un message|laissez votre message|laisser un message|après le bip|après le signal|messagerie vocale",
    "deje un mensaje|deje su mensaje|después de la señal|después del tono|buzón de voz",
    "lasciate un messaggio|lasci un messaggio|dopo il segnale acustico|dopo il bip|segreteria telefonica",
    "deixe uma mensagem|deixe a sua mensagem|deixe sua mensagem|após o sinal",
    "depois do sinal|caixa postal|correio de voz",
    "spreek een bericht in|na de pieptoon|na de toon|laat een bericht achter",
    "zostaw wiadomość|po sygnale|poczta głosowa|zanechte vzkaz|po zaznění tónu|hlasová schránka|po pípnutí",
    "оставьте сообщение|после сигнала|автоответчик|залиште повідомлення|після сигналу",
    "lämna ett meddelande|efter tonen|læg en besked|legg igjen en beskjed|jätä viesti|äänimerkin jälkeen",
    "hagyjon üzenetet|a sípszó után|lăsați un mesaj|după semnal|sinyal sesinden sonra|mesajınızı bırakın",
    "留守番電話|発信音の後|メッセージをお残し|메시지를 남겨|삐 소리 후|請留言|请留言|哔声后|संदेश छोड़|बीप के बाद",
)
"""Nobody but a machine says this at the beginning of a call."""

_LIKELY = _listed(
    "not available|unavailable|can't come to the phone|cannot come to the phone|can't take your call",
    "unable to take your call",
    "get back to you|call you back|please try again later|the number you have dialed",
    "nicht erreichbar|zur zeit nicht|rufe zurück|n'est pas disponible|ne suis pas disponible|rappellerai",
    "no está disponible|no puedo atender|non è raggiungibile|non sono raggiungibile",
    "não está disponível|não posso atender",
    "niet bereikbaar|niet opnemen|niedostępny|nedostupný|недоступен|не может ответить|inte svara|ikke svare",
)
"""A person may say this, too, but not after talking for so long."""

_ASKING = _listed(
    "would you like to leave|do you want to leave|like me to take a message|can i take a message|may i take a message",
    "shall i take a message|möchten sie eine nachricht hinterlassen|soll ich etwas ausrichten|voulez vous laisser",
    "quiere dejar un mensaje|vuole lasciare un messaggio|quer deixar uma mensagem|wilt u een bericht achterlaten",
    "say your name|state your name|record your name|tell me your name|who is calling|who's calling|why you are calling",
    "why you're calling|reason for calling|reason for your call|screening service|call screening|see if this person",
    "try to connect you|try and connect you",
    "nennen sie ihren namen|sagen sie ihren namen|grund ihres anrufs|dites votre nom|votre nom et la raison",
    "diga su nombre|motivo de su llamada|dica il suo nome|motivo della chiamata|diga o seu nome|motivo da ligação",
)
"""Whoever asks this can hear the answer, be it a person or his telephone."""

_NAME_OF_A_MESSAGE = ("leave", "message", "mailbox", "voicemail", "voice mail")
"""With these words a machine asks for a name that nobody hears."""
