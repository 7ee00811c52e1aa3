"""Rows to store: complete ones, every field set to something of its own."""

from decimal import Decimal

from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.agents.agent import Agent, AgentStatus
from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.calls.usage import Service, Unit, UsageLine
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus
from callcore.campaigns.tries import Tries
from callcore.ids import AccountId, AgentId, CallId, CampaignId, FileId, SessionId
from callcore.knowledge.files import KnowledgeFile
from callcore.phones.phone import Carrier, Phone, PhoneNumber

ANN = AccountId("acc_ann")
BOB = AccountId("acc_bob")


def account(account_id: AccountId = ANN) -> Account:
    return Account(
        account_id,
        "Ann's café",
        1_800_000_000.25,
        "secret",
        AccountStatus.SUSPENDED,
        7,
        900,
        max_minutes_per_day=50,
        retention_days=30,
        discount_percent=Decimal("12.5"),
        vendor_keys={"openai": "sealed"},
    )


def key(key_hash: str = "ab" * 32, account_id: AccountId = ANN) -> KeyRecord:
    policy = KeyPolicy((AgentId("-A"),), (), Overrides.ALL, phone=True, loopback_only=True, max_minutes_per_day=10)
    return KeyRecord(key_hash, KeyKind.PUBLIC, account_id, "site", "abcd", 1_800_000_001.5, policy, 1_800_000_002.5)


def agent(agent_id: str = "-Agent", account_id: AccountId = ANN, created_at: float = 1_800_000_000.0) -> Agent:
    config = {"prompt": "Be kind {now}. 😀 é \x00", "voice": None, "unknown": [1, 2.5, {"deep": True}]}
    return Agent(AgentId(agent_id), account_id, "Front desk", config, created_at, AgentStatus.DISABLED, {"size": 160})


def live_call(session_id: str = "s-1", account_id: AccountId = ANN, worker_id: str | None = "w-1") -> Call:
    return Call(
        session_id=SessionId(session_id),
        call_id=CallId("c-1"),
        account_id=account_id,
        status=CallStatus.IN_PROGRESS,
        started_at=1_800_000_000.75,
        agent_id=AgentId("-Agent"),
        agent_config={"first_message": "Hi {userName}"},
        metadata={"userName": "Ann", "plan": None},
        worker_id=worker_id,
    )


def ended_call(session_id: str = "s-1", account_id: AccountId = ANN) -> Call:
    return Call(
        session_id=SessionId(session_id),
        call_id=CallId("c-1"),
        account_id=account_id,
        status=CallStatus.USER_ENDED,
        started_at=1_800_000_000.75,
        agent_id=AgentId("-Agent"),
        agent_config={"first_message": "Hi {userName}"},
        metadata={"userName": "Ann"},
        worker_id="w-1",
        duration_s=37,
        chat=[{"role": "assistant", "content": "Hi Ann"}],
        chars_used=6,
        function_calls=({"name": "book", "params": {"at": "six"}, "result": "ok", "run_after_call": False},),
        usage=(
            UsageLine(Unit.TTS_CHARACTERS, 52),
            UsageLine(Unit.LLM_REQUESTS, 1, discarded=True, service=Service("openai", "gpt-6-luna")),
        ),
        cost_breakdown=({"type": "tts", "provider": "rime", "credit": 0.39, "quantity": 52.0},),
        voip={"from": "+15551234567", "to": "+15557654321"},
        error_message="nothing",
        call_analysis={"opt_out_detection": True},
        recording={"mixed": "recordings/acc_ann/s-1.mixed.wav"},
        continues=SessionId("earlier"),
        opened_by="0123456789abcdef",
        visitor_names=("userName",),
        call_metrics={"utterance_latency": {"avg": 612}, "turns": [{"turn_id": 1, "llm_ttft": None}]},
    )


def checkpoint(session_id: str = "s-1", saved_at: float = 1_800_000_010.5) -> Checkpoint:
    return Checkpoint(
        SessionId(session_id),
        saved_at,
        [{"role": "user", "content": "Hello"}],
        12,
        {"turns": [{"llm_ttft": None}]},
        [{"name": "save_lead", "params": {"interest": "a boat"}}],
    )


def phone(number: str = "+15551234567", account_id: AccountId = ANN, created_at: float = 1_800_000_000.5) -> Phone:
    override = {"language": "de", "unknown": [None]}
    return Phone(
        account_id,
        PhoneNumber(number),
        created_at,
        Carrier.VONAGE,
        "US",
        "us-west",
        AgentId("-A"),
        override,
        ("a", "é"),
        "sealed",
        "sealed for workers",
        {"voiceUrl": "https://old.example.com"},
    )


def campaign(
    campaign_id: str = "-Campaign", account_id: AccountId = ANN, created_at: float = 1_800_000_000.5
) -> Campaign:
    caller = PhoneNumber("+15551234567")
    return Campaign(
        CampaignId(campaign_id),
        account_id,
        "Spring",
        created_at,
        CampaignStatus.FAILED,
        caller,
        True,
        3,
        "the number is gone",
        "no worker",
        "rejected",
        "too many calls",
        CallingHours("Europe/Berlin", ("mon", "sat"), "09:00", "20:30"),
        Tries(2, 30, (CallStatus.BUSY, CallStatus.VOICEMAIL_HANGUP)),
    )


def record(phone_number: str = "+16661234567", **metadata: str) -> CampaignRecord:
    return CampaignRecord(PhoneNumber(phone_number), metadata)


def ordered_call(record: CampaignRecord, session_id: str = "s-1", campaign_id: str = "-Campaign") -> Call:
    """The next call of a campaign's record, before it is placed."""
    voip = {"from": "+15551234567", "to": record.phone, "direction": "outbound"}
    return Call(
        session_id=SessionId(session_id),
        call_id=CallId(f"c-{session_id}"),
        account_id=ANN,
        status=CallStatus.QUEUED,
        started_at=1_800_000_000.75,
        agent_id=AgentId("-Agent"),
        metadata=record.metadata,
        voip={**voip, "campaign_id": campaign_id, "try": record.tries + 1},
    )


def knowledge_file(file_id: str = "0a" * 16, account_id: AccountId = ANN, created_at: float = 0.5) -> KnowledgeFile:
    return KnowledgeFile(
        account_id, FileId(file_id), "menü.md", "What we cook", "text/markdown", 2_000, 1_800_000_000 + created_at
    )
