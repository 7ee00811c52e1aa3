"""Calls by telephone between our control plane and a small Twilio: ordered, placed, told of, taken, ended once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from twilio.request_validator import RequestValidator

from callauth.carrier_urls import What
from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.phones.answered_by import AnsweredBy
from callcore.phones.phone import Carrier
from callcore.regions import MediaHosts
from callcore.telephony.transfers import handed_over
from callcore.wire.jobs import Hint
from callnet.trust import usual_trust
from carriers.twilio import Twilio as TwilioClient
from tests.bench.phone_chaos import chaos
from tests.peers.control_plane import ACCOUNT, NO_MEDIA, OURS, PRIVATE, THEIRS, ControlPlane, control_plane
from tests.peers.recording_control import RecordingControl
from tests.peers.twilio import ACCOUNT as SID
from tests.peers.twilio import TOKEN, Twilio, running_twilio

CREDENTIALS = {"provider": "twilio", "account_sid": SID, "api_key": SID, "api_secret": TOKEN}


@dataclass
class House(ControlPlane):
    """The control plane beside a Twilio."""

    twilio: Twilio
    carriers: dict[Carrier, TwilioClient]
    """Who asks it."""


Scenario = Callable[[House], Awaitable[None]]


def in_house(directory: Path, scenario: Scenario, media: MediaHosts = NO_MEDIA) -> None:
    async def run() -> None:
        async with running_twilio(OURS) as twilio:
            client = TwilioClient(twilio.url, usual_trust)
            carriers = {Carrier.TWILIO: client}
            async with control_plane(directory, carriers, media=media) as plane:
                await plane.connect(CREDENTIALS)
                await scenario(House(**vars(plane), twilio=twilio, carriers=carriers))
            client.close()

    asyncio.run(run())


def test_importing_a_number_makes_twilio_ask_us_and_deleting_it_sets_it_back(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        number = ours.twilio.numbers[OURS]
        assert number["voice_url"].startswith(f"{ours.urls.base_url}/telephony/twilio/answer/acc_1/")
        await ours.post("/phones/import", {"phone": OURS, **CREDENTIALS})
        stored = ours.stores.phones.list_phones(ACCOUNT.account_id)[0]
        assert TOKEN not in repr(stored)
        assert TOKEN.encode() not in (tmp_path / "parley.db").read_bytes()
        await ours.client.delete(f"/phones/{OURS}", headers={"authorization": PRIVATE})
        assert number["voice_url"] == "https://old.example.com/voice"

    in_house(tmp_path, scenario)


@pytest.mark.parametrize("word", ["busy", "no-answer", "failed"])
def test_a_call_that_nobody_takes_ends_with_twilios_word(tmp_path: Path, word: str) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.callee = word
        session_id = await ours.order()
        assert await ours.status(session_id) == "queued"
        assert await ours.dial() == 1
        assert await ours.until(session_id, *END_STATUSES) == word

    in_house(tmp_path, scenario)


def test_the_same_order_is_one_call(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        body = {"from_phone": OURS, "to_phone": THEIRS}
        first, second = [await ours.post("/start_outbound_call", body, key="once") for _ in range(2)]
        assert first == second
        await asyncio.gather(*(ours.dial() for _ in range(4)))
        assert len(ours.twilio.calls) == 1

    in_house(tmp_path, scenario)


def test_a_request_that_twilio_does_not_answer_is_looked_up_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.trouble.silent_places = 1
        ours.twilio.trouble.mangle = lambda news: []
        session_id = await ours.order()
        patient, impatient = ours.carriers[Carrier.TWILIO], TwilioClient(ours.twilio.url, usual_trust)
        monkeypatch.setattr("carriers.rest.TIMEOUT_S", 0.3)
        ours.carriers[Carrier.TWILIO] = impatient
        assert await ours.dial() == 0
        assert await ours.status(session_id) == "dispatching"
        ours.carriers[Carrier.TWILIO] = patient
        impatient.close()
        ours.clock.ahead_s = 20
        await ours.dial()
        assert await ours.status(session_id) == "provider_queued"
        assert len(ours.twilio.calls) == 1

    in_house(tmp_path, scenario)


def test_a_call_of_which_nothing_is_heard_ends(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.trouble.mangle = lambda news: []
        session_id = await ours.order()
        await ours.dial()
        ours.clock.ahead_s = 110
        await ours.dial()
        assert await ours.status(session_id) == "failed"

    in_house(tmp_path, scenario)


def test_a_call_that_rings_is_canceled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.peers.twilio.RING_S", 60.0)

    async def scenario(ours: House) -> None:
        ours.twilio.callee = "no-answer"
        session_id = await ours.order()
        await ours.dial()
        with monkeypatch.context() as patch:
            patch.setattr(RecordingControl, "send", _not_going_on)
            await ours.post(f"/sessions/{session_id}/terminate", {})
        assert await ours.status(session_id) == "canceled"
        (call,) = ours.twilio.calls.values()
        async with asyncio.timeout(20):
            await call.canceled.wait()

    in_house(tmp_path, scenario)


def _not_going_on(*_: object) -> None:
    from callcore.errors import Conflict

    raise Conflict("the call is not going on")


@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        ({"to_phone": None}, 400, "to_phone"),
        ({"to_phone": "call me"}, 400, "to_phone"),
        ({"from_phone": "+15559999999"}, 404, "phone"),
        ({"to_phone": OURS}, 400, "to_phone"),
        ({"agent_id": "-unknown"}, 404, "agent"),
        ({"metadata": {"a": "x" * 3000}}, 400, "metadata"),
    ],
)
def test_a_bad_order_is_refused_with_what_is_wrong(
    tmp_path: Path, body: dict[str, Any], status: int, names: str
) -> None:
    async def scenario(ours: House) -> None:
        wanted = {"from_phone": OURS, "to_phone": THEIRS} | body
        assert names in (await ours.post("/start_outbound_call", wanted, status))["message"]
        assert await ours.dial() == 0

    in_house(tmp_path, scenario)


def test_somebody_calls_and_is_connected_with_a_token(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        call = ours.twilio.call_in(THEIRS, OURS)
        async with asyncio.timeout(20):
            while not (live := ours.stores.calls.list_live_calls()):  # noqa: ASYNC110  # a row is waited for
                await asyncio.sleep(0.02)
        (row,) = live
        assert row.status is CallStatus.RINGING
        assert row.voip is not None
        assert (row.voip["from"], row.voip["to"], row.voip["call_sid"]) == (THEIRS, OURS, call.sid)

    in_house(tmp_path, scenario)


def test_a_carrier_that_asks_twice_what_to_do_with_a_call_has_one(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        url, answers = ours.twilio.numbers[OURS]["voice_url"], []
        for sid in ("CA1", "CA1", "CA2"):
            form = {"CallSid": sid, "From": THEIRS, "To": OURS}
            signature = RequestValidator(TOKEN).compute_signature(url, form)
            answers.append(await ours.client.post(url, data=form, headers={"x-twilio-signature": signature}))
        assert ["<Stream" in answer.text for answer in answers] == [True] * 3
        live = ours.stores.calls.list_live_calls()
        assert sorted((call.voip or {})["call_sid"] for call in live) == ["CA1", "CA2"]

    in_house(tmp_path, scenario)


def test_the_region_of_a_number_decides_where_its_calls_go(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        for region, host in (("eu-west", "wss://eu.example.com"), ("us-west", "wss://voice.example.com")):
            await ours.post("/phones/import", {"phone": OURS, "region": region, **CREDENTIALS})
            url, form = ours.twilio.numbers[OURS]["voice_url"], {"CallSid": "CA1", "From": THEIRS, "To": OURS}
            signature = RequestValidator(TOKEN).compute_signature(url, form)
            answer = await ours.client.post(url, data=form, headers={"x-twilio-signature": signature})
            assert f'<Stream url="{host}/twilio">' in answer.text
            placed = len(ours.twilio.calls)
            await ours.order()
            ours.clock.ahead_s += 2
            assert await ours.dial() == 1
            assert f'<Stream url="{host}/twilio">' in list(ours.twilio.calls.values())[placed].document

    regional = {"eu-west": "wss://eu.example.com/millis"}
    in_house(tmp_path, scenario, MediaHosts.at("wss://voice.example.com/millis", regional))


def test_a_request_that_is_not_twilios_is_refused(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        url = ours.twilio.numbers[OURS]["voice_url"]
        form = {"CallSid": "CA1", "From": THEIRS, "To": OURS}
        forged = {"x-twilio-signature": "AAAA"}
        assert (await ours.client.post(url, data=form, headers=forged)).status_code == 403
        assert (await ours.client.post(url, data=form)).status_code == 403
        assert (await ours.client.post(url.partition("?")[0], data=form)).status_code == 403
        assert (await ours.client.post(url.replace("acc_1", "acc_2"), data=form)).status_code == 403
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)


def test_a_number_without_an_agent_is_rejected(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        await ours.post(f"/phones/{OURS}/set_agent", {"agent_id": None})
        call = ours.twilio.call_in(THEIRS, OURS)
        async with asyncio.timeout(20):
            while call.status != "completed":  # noqa: ASYNC110  # of another program
                await asyncio.sleep(0.02)
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)


def test_calls_in_chaos_end_once_and_as_they_were(tmp_path: Path) -> None:
    """News lost, doubled, reordered and late; requests unanswered and refused; lines cut; calls ended by REST.

    `make soak` has 500 of them.
    """
    outcome = asyncio.run(chaos(20, 11, tmp_path))
    assert outcome.problems() == []
    assert outcome.calls == 20


def test_a_number_places_a_call_a_second_and_an_account_no_more_than_it_may(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.stores.accounts.put_account(replace(ACCOUNT, max_concurrent_calls=2))
        ours.twilio.trouble.mangle = lambda news: []
        for _ in range(4):
            await ours.order()
        placed = []
        for _ in range(4):
            placed.append(await ours.dial())
            ours.clock.ahead_s += 1.1
        assert placed == [1, 1, 0, 0]

    in_house(tmp_path, scenario)


def test_twilios_word_of_who_answered_is_passed_on_where_it_is_wanted(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.trouble.mangle = lambda news: []
        wishes: list[dict[str, Any]] = [
            {"action": "message", "message": "Call us.", "carrier_detection": True},
            {"action": "hangup"},
            {"carrier_detection": True},
        ]
        for voicemail in wishes:
            await ours.order(agent_config={"prompt": "P", "flow": {"voicemail": voicemail}})
            ours.clock.ahead_s += 1.1
            assert await ours.dial() == 1
        wanted, *others = ours.twilio.calls.values()
        assert [call.heard_url for call in others] == ["", ""]
        assert isinstance(ours.control, RecordingControl)
        for word in ("machine_end_beep", "unknown"):
            assert (await ours.twilio.tell_of_answerer(wanted, word)).status_code == 200
        assert [command for _, _, command in ours.control.sent] == [Hint(answered_by=AnsweredBy.BEEP)]

    in_house(tmp_path, scenario)


# --- callers who are handed over --------------------------------------------------------------------

OTHER = "+15550003333"
LIVE = {"CallStatus": "in-progress"}


async def handed_over_call(ours: House, summary: str = "") -> Call:
    """A call that somebody has made, and whose agent wants him connected with another number."""
    ours.twilio.call_in(THEIRS, OURS)
    async with asyncio.timeout(20):
        while not (live := ours.stores.calls.list_live_calls()):  # noqa: ASYNC110  # a row is waited for
            await asyncio.sleep(0.02)
    begun = replace(live[0], status=CallStatus.IN_PROGRESS)
    ours.stores.calls.begin_call(begun)
    changed = ours.stores.call_changes.change_call(
        ACCOUNT.account_id, begun.session_id, lambda call: handed_over(call, OTHER, summary)
    )
    assert changed is not None
    return changed


async def asked(ours: House, what: What, call: Call, fields: Mapping[str, str], status: int = 200) -> str:
    """What Twilio is told when it asks this about the call."""
    url = ours.urls.url(Carrier.TWILIO, what, call.account_id, call.session_id)
    signature = RequestValidator(TOKEN if status == 200 else "another").compute_signature(url, dict(fields))
    reply = await ours.client.post(url, data=dict(fields), headers={"x-twilio-signature": signature})
    assert reply.status_code == status
    return reply.text


def test_a_caller_whom_nobody_takes_over_is_back_once_however_often_twilio_asks(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        call = await handed_over_call(ours)
        await asked(ours, What.NEXT, call, LIVE, 403)
        for _ in range(2):
            dial = ElementTree.fromstring(await asked(ours, What.NEXT, call, LIVE))[0]
            assert (dial.tag, dial.attrib["callerId"], dial[0].text) == ("Dial", OURS, OTHER)
        for _ in range(2):
            answer = await asked(ours, What.DIALLED, call, LIVE | {"DialCallStatus": "busy"})
            assert [verb.tag for verb in ElementTree.fromstring(answer)] == ["Connect", "Redirect"]
        first = ours.stores.calls.get_call(ACCOUNT.account_id, call.session_id)
        (second,) = (one for one in ours.stores.calls.list_live_calls() if one.session_id != call.session_id)
        assert (second.status, second.continues) == (CallStatus.RINGING, call.session_id)
        voip = first.voip or {}
        assert (voip["transfer_status"], voip["continued_by"]) == ("busy", second.session_id)

    in_house(tmp_path, scenario)


def test_whoever_takes_a_caller_over_is_told_what_it_is_about_and_it_is_known_at_once(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        call = await handed_over_call(ours, "Ann & Bob want a table.")
        dial = ElementTree.fromstring(await asked(ours, What.NEXT, call, LIVE))[0]
        whisper = ElementTree.fromstring(await asked(ours, What.WHISPER, call, LIVE))
        assert dial[0].attrib["url"] == ours.urls.url(Carrier.TWILIO, What.WHISPER, call.account_id, call.session_id)
        assert [(one.tag, one.text) for one in whisper] == [("Say", "Ann & Bob want a table.")]
        assert dial[0].attrib["statusCallback"].startswith(f"{ours.urls.base_url}/telephony/twilio/taken/")
        await asked(ours, What.TAKEN, call, LIVE | {"ParentCallSid": "CA1"})
        row = ours.stores.calls.get_call(ACCOUNT.account_id, call.session_id)
        assert (row.voip or {})["transfer_status"] == "answered"
        done = LIVE | {"DialCallStatus": "completed", "DialBridged": "false"}
        assert "<Connect>" in await asked(ours, What.DIALLED, call, done)
        await asked(ours, What.TAKEN, call, LIVE | {"ParentCallSid": "CA1"})
        row = ours.stores.calls.get_call(ACCOUNT.account_id, call.session_id)
        assert (row.voip or {})["transfer_status"] == "no-answer"

    in_house(tmp_path, scenario)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (LIVE | {"DialCallStatus": "completed"}, "completed"),
        ({"CallStatus": "completed", "DialCallStatus": "no-answer"}, "canceled"),
    ],
)
def test_after_a_talk_with_somebody_else_or_without_a_caller_the_call_is_over(
    tmp_path: Path, fields: dict[str, str], status: str
) -> None:
    async def scenario(ours: House) -> None:
        call = await handed_over_call(ours)
        for _ in range(2):
            answer = await asked(ours, What.DIALLED, call, fields)
            assert [verb.tag for verb in ElementTree.fromstring(answer)] == ["Hangup"]
        assert (ours.stores.calls.get_call(ACCOUNT.account_id, call.session_id).voip or {})["transfer_status"] == status
        assert len(ours.stores.calls.list_live_calls()) == 1

    in_house(tmp_path, scenario)
