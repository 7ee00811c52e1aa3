"""Which streams of carriers become sessions."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from twilio.request_validator import HMAC_SHA256, RequestValidator

from callauth.keys import key_record, new_key
from callauth.sealing import Sealer
from callauth.stream_tokens import StreamClaims, sign
from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy
from callcore.agents.agent import Agent
from callcore.calls.call import Call, CallStatus
from callcore.clock import SystemClock
from callcore.errors import Conflict, NotAllowed, Unauthenticated
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.telephony.ports import CarrierAccount
from callcore.telephony.streams import PhoneStream
from callcore.telephony.upgrade_check import sealed
from callstore.sqlite.stores import SqliteStores
from carriers.upgrade_checks import check_of, digests_of
from media_worker.ports.socket import Peer
from media_worker.session.admission.admission import Admitted
from media_worker.session.admission.phone_admission import PhoneAdmission
from media_worker.session.admission.upgrade_signatures import UpgradeSignatures
from tests.peers.worker_parts import admission_on

ACCOUNT = AccountId("acc_1")
SECRET = "an internal secret of forty characters.."
SEAL = Sealer(lambda: ("w" * 32,))
TOKEN, ADDRESS = "the auth token of ann's twilio", "wss://media.example.com/twilio"
VONAGES = "a signature secret of vonage's, which has sixty-four characters!!"
CARRIER = Peer("54.1.2.3", "/twilio")
CALL = Call(
    session_id=SessionId("s1"),
    call_id=CallId("c1"),
    account_id=ACCOUNT,
    status=CallStatus.RINGING,
    started_at=0.0,
    agent_id=AgentId("-a"),
    agent_config={"prompt": "P", "first_message": "Hi {userName}, you call {ToPhone}."},
    metadata={"userName": "Ann"},
    voip={"from": "+15550001111", "to": "+15550002222", "direction": "inbound"},
)


class Switchboard:
    """An account with an agent, keys of two policies and a call that rings."""

    def __init__(self, stores: SqliteStores) -> None:
        self.stores = stores
        stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed"))
        config = {"prompt": "P", "first_message": "Hi {userName}."}
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT, "Desk", config, 0.0))
        stores.calls.begin_call(CALL)
        clock = SystemClock()
        signatures = UpgradeSignatures(stores.phones, SEAL, stores.used_tokens, clock)
        self.admission = PhoneAdmission(admission_on(stores, clock), (SECRET,), signatures)

    def key(self, *, phone: bool) -> str:
        key = new_key()
        self.stores.accounts.put_key(key_record(key, KeyKind.PUBLIC, ACCOUNT, "t", 0.0, KeyPolicy(phone=phone)))
        return key

    def token(self, call_id: str = "c1", signatures: tuple[str, ...] = ()) -> str:
        return sign(StreamClaims(ACCOUNT, CallId(call_id), signatures), SECRET, SystemClock().unix_s())

    def connect(self, carrier: Carrier, number: str, signing_secret: str) -> None:
        """The account has imported the number, and told what its carrier signs with."""
        at_carrier = CarrierAccount(carrier, "AC1", "key", "secret", signing_secret=signing_secret)
        check = sealed(check_of(at_carrier, [ADDRESS]), SEAL)
        phone = Phone(ACCOUNT, PhoneNumber(number), 0.0, carrier, sealed_account="...", sealed_check=check)
        self.stores.phones.change_phone(ACCOUNT, phone.number, lambda _: phone)

    def admit(self, headers: Mapping[str, str] | None = None, **parameters: str) -> Admitted:
        stream = PhoneStream(Carrier.TWILIO, parameters, "CA1", "AC1")
        return asyncio.run(self.admission.admit(stream, replace(CARRIER, headers=headers or {})))


@pytest.fixture
def switchboard(tmp_path: Path) -> Iterator[Switchboard]:
    with SqliteStores(tmp_path / "db", SystemClock()) as stores:
        yield Switchboard(stores)


def test_a_token_brings_the_call_that_it_was_made_for(switchboard: Switchboard) -> None:
    plan = switchboard.admit(session_token=switchboard.token()).plan
    assert (plan.session_id, plan.call_id, plan.agent_id) == ("s1", "c1", "-a")
    assert plan.first_message == "Hi Ann, you call +15550002222."
    assert plan.transport == "twilio"
    assert plan.voip == {
        "from": "+15550001111",
        "to": "+15550002222",
        "direction": "inbound",
        "provider": "twilio",
        "call_sid": "CA1",
        "account_sid": "AC1",
    }
    assert not plan.outbound


def test_an_outbound_call_may_be_answered_by_a_machine(switchboard: Switchboard) -> None:
    outbound = replace(CALL, session_id=SessionId("s2"), call_id=CallId("c2"), voip={"direction": "outbound"})
    switchboard.stores.calls.begin_call(outbound)
    assert switchboard.admit(session_token=switchboard.token("c2")).plan.outbound


def test_a_token_is_used_once_and_its_call_begins_once(switchboard: Switchboard) -> None:
    token = switchboard.token()
    switchboard.admit(session_token=token)
    with pytest.raises(NotAllowed, match="used already"):
        switchboard.admit(session_token=token)
    switchboard.stores.calls.begin_call(replace(CALL, status=CallStatus.IN_PROGRESS))
    with pytest.raises(Conflict, match="has begun already"):
        switchboard.admit(session_token=switchboard.token())


def test_a_forged_token_is_refused(switchboard: Switchboard) -> None:
    forged = sign(StreamClaims(ACCOUNT, CallId("c1")), "x" * 40, SystemClock().unix_s())
    with pytest.raises(Unauthenticated, match="not ours"):
        switchboard.admit(session_token=forged)


def test_a_suspended_account_takes_no_call(switchboard: Switchboard) -> None:
    suspended = Account(ACCOUNT, "Ann's", 0.0, "embed", status=AccountStatus.SUSPENDED)
    switchboard.stores.accounts.put_account(suspended)
    with pytest.raises(NotAllowed, match="suspended"):
        switchboard.admit(session_token=switchboard.token())


def test_a_key_that_is_meant_for_phones_brings_an_agent_and_metadata(switchboard: Switchboard) -> None:
    key = switchboard.key(phone=True)
    plan = switchboard.admit(public_key=key, agent_id="-a", userName="Bob").plan
    assert plan.first_message == "Hi Bob."
    assert plan.voip == {"provider": "twilio", "call_sid": "CA1", "account_sid": "AC1", "from": None, "to": None}


def test_numbers_that_nobody_vouches_for_are_not_the_calls_numbers(switchboard: Switchboard) -> None:
    plan = switchboard.admit(public_key=switchboard.key(phone=True), agent_id="-a", FromPhone="+1", ToPhone="+2").plan
    assert "FromPhone" not in plan.metadata
    assert plan.variables.get("FromPhone", "") == ""


def test_a_page_key_opens_no_stream(switchboard: Switchboard) -> None:
    with pytest.raises(NotAllowed, match="key policy phone refuses"):
        switchboard.admit(public_key=switchboard.key(phone=False), agent_id="-a")


def test_a_stream_that_brings_nothing_is_refused(switchboard: Switchboard) -> None:
    with pytest.raises(Unauthenticated):
        switchboard.admit()


# --- sockets that carriers sign -------------------------------------------------------------------


def signed(token: str = TOKEN, address: str = ADDRESS, algorithm: str = "HMAC_SHA1") -> dict[str, str]:
    return {"x-twilio-signature": RequestValidator(token).compute_signature(address, {}, algorithm)}


FORGED: list[dict[str, str]] = [{}, signed("another token"), signed(address="wss://media.example.com/vonage")]


@pytest.mark.parametrize("headers", FORGED)
def test_a_forged_stream_with_a_public_key_alone_is_refused(
    switchboard: Switchboard, headers: Mapping[str, str]
) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550009999", TOKEN)
    with pytest.raises(Unauthenticated, match="not signed by twilio"):
        switchboard.admit(headers, public_key=switchboard.key(phone=True), agent_id="-a")


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", HMAC_SHA256])
def test_the_numbers_of_a_signed_stream_are_the_calls(switchboard: Switchboard, algorithm: str) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550009999", TOKEN)
    numbers = {"from": "+15550001111", "to": "+15550002222", "FromPhone": "+1", "userName": "Bob"}
    headers = signed(algorithm=algorithm)
    plan = switchboard.admit(headers, public_key=switchboard.key(phone=True), agent_id="-a", **numbers).plan
    assert (plan.variables["FromPhone"], plan.variables["ToPhone"]) == ("+15550001111", "+15550002222")
    assert plan.voip is not None
    assert (plan.voip["from"], plan.voip["to"]) == ("+15550001111", "+15550002222")
    assert plan.first_message == "Hi Bob."


def test_a_caller_who_withholds_his_number_has_none(switchboard: Switchboard) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550009999", TOKEN)
    numbers = {"from": "anonymous", "to": "+15550002222"}
    plan = switchboard.admit(signed(), public_key=switchboard.key(phone=True), agent_id="-a", **numbers).plan
    assert plan.voip is not None
    assert (plan.voip["from"], plan.voip["to"]) == (None, "+15550002222")


def test_a_number_whose_carrier_signs_with_nothing_that_we_know_proves_no_stream(switchboard: Switchboard) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550009999", "")
    plan = switchboard.admit(
        None, public_key=switchboard.key(phone=True), agent_id="-a", **{"from": "+15550001111"}
    ).plan
    assert plan.variables.get("FromPhone", "") == ""


@pytest.mark.parametrize("headers", FORGED)
def test_a_stolen_token_opens_nothing_on_a_socket_of_somebody_else(
    switchboard: Switchboard, headers: Mapping[str, str]
) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550002222", TOKEN)
    with pytest.raises(Unauthenticated, match="not signed by twilio"):
        switchboard.admit(headers, session_token=switchboard.token())
    assert switchboard.admit(signed(), session_token=switchboard.token()).plan.call_id == "c1"


def test_a_token_tells_which_signatures_its_socket_may_come_with(switchboard: Switchboard) -> None:
    """Of the address that the carrier was given just now: the number was imported when we had another one."""
    switchboard.connect(Carrier.TWILIO, "+15550002222", TOKEN)
    moved = "wss://elsewhere.example.com/twilio"
    account = CarrierAccount(Carrier.TWILIO, "AC1", "key", "secret", signing_secret=TOKEN)
    digests = digests_of(account, moved)
    for headers in (*FORGED, signed()):
        with pytest.raises(Unauthenticated, match="not signed by twilio"):
            switchboard.admit(headers, session_token=switchboard.token(signatures=digests))
    for algorithm in ("HMAC_SHA1", HMAC_SHA256):
        headers = signed(address=moved, algorithm=algorithm)
        assert switchboard.admit(headers, session_token=switchboard.token(signatures=digests)).plan.call_id == "c1"


def bearer(secret: str, token_id: str) -> dict[str, str]:
    claims = {"iat": int(SystemClock().unix_s()), "jti": token_id, "application_id": "app"}
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}


def test_vonages_signature_counts_once(switchboard: Switchboard) -> None:
    switchboard.connect(Carrier.VONAGE, "+15550002222", VONAGES)

    def admit(headers: Mapping[str, str]) -> Admitted:
        stream = PhoneStream(Carrier.VONAGE, {"session_token": switchboard.token()})
        return asyncio.run(switchboard.admission.admit(stream, replace(CARRIER, headers=headers)))

    for headers in ({}, bearer(VONAGES[::-1], "a")):
        with pytest.raises(Unauthenticated, match="not signed by vonage"):
            admit(headers)
    assert admit(bearer(VONAGES, "b")).plan.call_id == "c1"
    with pytest.raises(Unauthenticated, match="not signed by vonage"):
        admit(bearer(VONAGES, "b"))


def test_workers_open_no_credentials_of_carriers(switchboard: Switchboard) -> None:
    switchboard.connect(Carrier.TWILIO, "+15550002222", TOKEN)
    (phone,) = switchboard.stores.phones.list_phones(ACCOUNT)
    assert TOKEN not in SEAL.open(phone.sealed_check or "")
