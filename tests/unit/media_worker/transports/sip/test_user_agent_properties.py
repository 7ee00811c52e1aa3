"""Whatever a peer sends and an owner commands, in whatever order, twice or never: what stays true of every call.

`make test` plays 200 sequences, `make fuzz` 1,800.
"""

from collections import Counter
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import given, settings

from media_worker.transports.sip.events import MediaAgreed, Over, TransferSettled
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.user_agent import Invited
from tests.unit.media_worker.transports.sip.phone import OURS, Phone, sdp

TIMER = ("Supported: timer", "Session-Expires: 90;refresher=uac")
REFRESHED_BY_US = ("Supported: timer", "Session-Expires: 90;refresher=uas")
RELIABLE = ("Require: 100rel",)
NOTIFIED = ("Event: refer", "Content-Type: message/sipfrag")
LONG_S = 400.0
EXAMPLES = settings().max_examples ** 2 // 50
Act = Callable[[Phone], object]


def asks(method: str, *fields: str, body: bytes = b"", cseq: int = 0) -> Act:
    """Within the dialog, once there is one."""

    def act(phone: Phone) -> None:
        learn(phone)
        if phone.to_tag:
            phone.ask(method, *fields, body=body, cseq=cseq)

    return act


def learn(phone: Phone) -> None:
    """The tag of whoever answered."""
    tags = [m.to_tag for _, m in phone.sent_at if isinstance(m, Response) and m.status < 300 and m.to_tag]
    phone.to_tag = tags[-1] if tags else phone.to_tag


def again(phone: Phone) -> None:
    """The network doubled the INVITE."""
    to_tag, phone.to_tag = phone.to_tag, ""
    phone.ask("INVITE", body=sdp(), cseq=1, branch="first")
    phone.to_tag = to_tag


def cancels(phone: Phone) -> None:
    to_tag, phone.to_tag = phone.to_tag, ""
    phone.ask("CANCEL", branch="first", cseq=1)
    phone.to_tag = to_tag


def acknowledges(phone: Phone) -> None:
    learn(phone)
    phone.ask("ACK", body=b"", cseq=max(1, phone.cseq))


def acknowledges_with_answer(phone: Phone) -> None:
    learn(phone)
    phone.ask("ACK", body=sdp(), cseq=max(1, phone.cseq))


def commands(name: str, *given: object) -> Act:
    def act(phone: Phone) -> None:
        phone.take(getattr(phone.agent, name)(phone.call, *given, phone.now))

    return act


def answers(phone: Phone) -> None:
    if phone.call.refusal is None:
        phone.take(phone.agent.answer(phone.call, OURS, phone.now))


def refers(phone: Phone) -> None:
    # Of a call that is over it is said at once that it cannot be.
    if not phone.of(Over):
        phone.take(phone.agent.refer(phone.call, "sip:+15559@192.0.2.7", phone.now))


def challenges(phone: Phone) -> None:
    phone.take(phone.agent.challenge(phone.call, phone.now, [("WWW-Authenticate", "Digest")]))


def replies(status: int, *fields: str) -> Act:
    """To the latest request of ours."""

    def act(phone: Phone) -> None:
        asked = [message for _, message in phone.sent_at if isinstance(message, Request) and message.method != "ACK"]
        if asked:
            phone.reply(asked[-1], status, *fields)

    return act


def waits(seconds: float) -> Act:
    return lambda phone: phone.wait_until(phone.now + seconds)


OF_THE_PEER = [
    again,
    cancels,
    acknowledges,
    acknowledges_with_answer,
    asks("BYE"),
    asks("INVITE", body=sdp("sendonly")),
    asks("INVITE"),
    asks("INVITE", *TIMER, body=sdp()),
    asks("INVITE", body=sdp(formats="18")),
    asks("UPDATE", *TIMER),
    asks("UPDATE", body=sdp(host="0.0.0.0")),
    asks("INFO", "Content-Type: application/dtmf", body=b"5"),
    asks("OPTIONS"),
    asks("PRACK", "RAck: 1 1 INVITE"),
    asks("PRACK", "RAck: 2 1 INVITE", body=sdp()),
    asks("REFER", "Refer-To: <sip:a@b>"),
    asks("NOTIFY", *NOTIFIED, body=b"SIP/2.0 200 OK"),
    asks("NOTIFY", *NOTIFIED, body=b"SIP/2.0 486 Busy"),
    asks("NOTIFY", *NOTIFIED, body=b""),
    asks("INFO", cseq=1),
    replies(100),
    replies(200),
    replies(202),
    replies(481),
    replies(491),
    replies(422, "Min-SE: 120"),
    replies(603),
]
OF_THE_OWNER = [
    answers,
    commands("ring"),
    commands("refuse", 486),
    commands("ignore"),
    challenges,
    commands("hang_up"),
    refers,
]
OF_TIME = [waits(seconds) for seconds in (0.1, 0.6, 5.0, 33.0, 61.0)]
ACTS = st.lists(st.sampled_from([*OF_THE_PEER, *OF_THE_OWNER, *OF_TIME]), max_size=14)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from([(), TIMER, REFRESHED_BY_US, RELIABLE]),
    st.sampled_from([sdp(), b"", sdp(formats="18")]),
    st.sampled_from(["UDP", "TCP"]),
    st.booleans(),
    ACTS,
)
def test_every_call_ends_once_and_leaves_nothing(
    timer: tuple[str, ...], offer: bytes, transport: str, is_known: bool, acts: list[Act]
) -> None:
    phone = Phone(transport=transport, known=is_known)
    phone.ask("INVITE", *timer, body=offer, branch="first")
    for act in acts:
        act(phone)
    invited = [event.call for event in phone.of(Invited)]
    for call in invited:
        phone.take(phone.agent.hang_up(call, phone.now))
    phone.wait_until(phone.now + LONG_S)

    assert len(phone.agent) == len(phone.agent.line.transactions) == 0
    assert phone.agent.next_deadline() is None
    assert Counter(event.dialog for event in phone.of(Over)) == Counter(call.dialog for call in invited)
    first = [type(event) for event in phone.events if getattr(event, "dialog", None) is invited[0].dialog]
    assert not {MediaAgreed, TransferSettled} & set(first[first.index(Over) + 1 :])
    responses = [m for _, m in phone.sent_at if isinstance(m, Response) and is_final_of_the_first(m)]
    assert len({(m.to_tag, m.status) for m in responses}) == len({m.to_tag for m in responses})
    byes = {(m.from_tag, m.branch) for _, m in phone.sent_at if isinstance(m, Request) and m.method == "BYE"}
    assert len(byes) == len({tag for tag, _ in byes})


def is_final_of_the_first(response: Response) -> bool:
    return response.branch.endswith("-first") and response.cseq.method == "INVITE" and response.status >= 200
