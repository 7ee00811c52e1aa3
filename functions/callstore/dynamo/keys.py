"""Where each row of the one table stands (infra/adr/0007). Whatever belongs to an account has its id in the key.

An account id is made by us and holds no `#`, so no id that comes from outside can reach into another account.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

from callcore.billing.allowance import Holder
from callcore.deliveries.delivery import DeliveryState, WebhookDelivery
from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId, CallId, CampaignId, FileId, SessionId
from callcore.phones.phone import PhoneNumber

_MAX_PART_BYTES = 200
"""A partition key holds 2048 bytes and a sort key 1024; a longer id stands by its hash."""
_POSITION_DIGITS = 17


@dataclass(frozen=True)
class Key:
    """The primary key of a row."""

    pk: str
    sk: str


def _part(text: str) -> str:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("an id is no valid Unicode text") from None
    return text if len(encoded) <= _MAX_PART_BYTES else "sha256:" + hashlib.sha256(encoded).hexdigest()


def account_partition(account_id: AccountId) -> str:
    """What an account lists whole: its keys, agents, phones and campaigns."""
    return f"ACCOUNT#{_part(account_id)}"


def account(account_id: AccountId) -> Key:
    """The account itself."""
    return Key(account_partition(account_id), "ACCOUNT")


ACCOUNTS = "ACCOUNTS"
"""The partition that names every account."""


def listed_account(account_id: AccountId) -> Key:
    """That there is an account."""
    return Key(ACCOUNTS, account_id)


def api_key(key_hash: str) -> Key:
    """A key, as a request finds it."""
    return Key(f"KEY#{_part(key_hash)}", "KEY")


def account_key(account_id: AccountId, key_hash: str) -> Key:
    """The same key, as its owner lists it."""
    return Key(account_partition(account_id), f"KEY#{_part(key_hash)}")


def agent(account_id: AccountId, agent_id: AgentId) -> Key:
    """An agent."""
    return Key(account_partition(account_id), f"AGENT#{_part(agent_id)}")


def phone(account_id: AccountId, number: PhoneNumber) -> Key:
    """A phone number."""
    return Key(account_partition(account_id), f"PHONE#{_part(number)}")


def campaign(account_id: AccountId, campaign_id: CampaignId) -> Key:
    """A campaign without its records."""
    return Key(account_partition(account_id), f"CAMPAIGN#{_part(campaign_id)}")


def unwanted_partition(account_id: AccountId) -> str:
    """The numbers that no campaign of an account may call."""
    return f"{account_partition(account_id)}#DO_NOT_CALL"


def unwanted_number(account_id: AccountId, number: PhoneNumber) -> Key:
    """One of them."""
    return Key(unwanted_partition(account_id), number)


STARTED = "STARTED"
"""The partition of pointers to the campaigns of all accounts that are started."""
RECORD = "RECORD#"
"""How the sort keys of records begin."""


def started_campaign(account_id: AccountId, campaign_id: CampaignId) -> Key:
    """That a campaign is started."""
    return Key(STARTED, f"{_part(account_id)}#{_part(campaign_id)}")


def records_partition(account_id: AccountId, campaign_id: CampaignId) -> str:
    """The records of a campaign, and their counts."""
    return f"{account_partition(account_id)}#CAMPAIGN#{_part(campaign_id)}"


def campaign_record(account_id: AccountId, campaign_id: CampaignId, number: PhoneNumber) -> Key:
    """One of them."""
    return Key(records_partition(account_id, campaign_id), f"{RECORD}{_part(number)}")


def campaign_progress(account_id: AccountId, campaign_id: CampaignId) -> Key:
    """How many of them stand so."""
    return Key(records_partition(account_id, campaign_id), "PROGRESS")


def waiting_partition(account_id: AccountId, campaign_id: CampaignId) -> str:
    """Pointers to the records that were never called, in the order in which they were added."""
    return f"{records_partition(account_id, campaign_id)}#WAITING"


def waiting_record(account_id: AccountId, campaign_id: CampaignId, place: int) -> Key:
    """One of them."""
    return Key(waiting_partition(account_id, campaign_id), position(place))


def later_partition(account_id: AccountId, campaign_id: CampaignId) -> str:
    """Pointers to the records that wait for another try, in the order in which they are due."""
    return f"{records_partition(account_id, campaign_id)}#LATER"


def later_record(account_id: AccountId, campaign_id: CampaignId, due_at: float, number: PhoneNumber) -> Key:
    """One of them."""
    return Key(later_partition(account_id, campaign_id), f"{_microseconds(due_at)}#{_part(number)}")


def call(session_id: SessionId) -> Key:
    """A call; its account stands in the row."""
    return Key(f"SESSION#{_part(session_id)}", "CALL")


def checkpoint(session_id: SessionId) -> Key:
    """The checkpoint of a session."""
    return Key(f"SESSION#{_part(session_id)}", "CHECKPOINT")


def owner(session_id: SessionId) -> Key:
    """Which worker a session is reserved for."""
    return Key(f"SESSION#{_part(session_id)}", "OWNER")


LIVE = "LIVE"
"""The partition of pointers to the calls of all accounts that have not ended."""
WORKERS = "WORKERS"
"""The partition of the workers."""


def live(session_id: SessionId) -> Key:
    """That a call has not ended."""
    return Key(LIVE, _part(session_id))


def worker(worker_id: str) -> Key:
    """A worker."""
    return Key(WORKERS, _part(worker_id))


DUE = "DUE"
"""The partition of pointers to the webhook deliveries of all accounts that wait, in the order of their times."""


def delivery(account_id: AccountId, delivery_id: str) -> Key:
    """A webhook delivery."""
    return Key(f"{account_partition(account_id)}#DELIVERY#{_part(delivery_id)}", "DELIVERY")


def due_delivery(waiting: WebhookDelivery) -> Key:
    """That a delivery is due at its time."""
    return Key(DUE, f"{_microseconds(waiting.due_at)}#{_part(waiting.delivery_id)}")


def due_until(now: float) -> str:
    """After everything that is due at that time."""
    return _microseconds(now) + "$"


def deliveries_partition(account_id: AccountId, state: DeliveryState) -> str:
    """Pointers to the deliveries of an account in one state, by the time they were made."""
    return f"{account_partition(account_id)}#DELIVERIES#{state}"


def listed_delivery(listed: WebhookDelivery) -> Key:
    """A delivery in its account's list."""
    partition = deliveries_partition(listed.account_id, listed.state)
    return Key(partition, f"{_microseconds(listed.created_at)}#{_part(listed.delivery_id)}")


def disabled_webhooks_partition(account_id: AccountId) -> str:
    """The addresses of an account to which nothing is sent."""
    return f"{account_partition(account_id)}#DISABLED_WEBHOOKS"


def disabled_webhook(account_id: AccountId, url: str) -> Key:
    """One of them; an address may be longer than a key."""
    return Key(disabled_webhooks_partition(account_id), hashlib.sha256(url.encode()).hexdigest())


def _microseconds(time_s: float) -> str:
    return position(int(time_s * 1_000_000))


def calls_partition(account_id: AccountId, kind: str = "", value: str = "") -> str:
    """Pointers to the calls of an account in the order of their positions: all, or those of an agent, status or number.

    A number stands without its `+`.
    """
    place = f"#{kind}#{_part(value)}" if kind else ""
    return f"{account_partition(account_id)}#CALLS{place}"


def position(number: int) -> str:
    """A position in the call log as a sort key."""
    return f"{max(0, number):0{_POSITION_DIGITS}d}"


def call_id_partition(account_id: AccountId, call_id: CallId) -> str:
    """Pointers to the sessions of a call id."""
    return f"{account_partition(account_id)}#CALL_ID#{_part(call_id)}"


def day_total(holder: Holder, day: date) -> Key:
    """What was used in a day."""
    return Key(f"{account_partition(holder.account_id)}#USED#{_part(holder.key_id)}", day.isoformat())


def usage_partition(account_id: AccountId) -> str:
    """What the calls of an account used."""
    return f"{account_partition(account_id)}#USAGE"


def day_usage(account_id: AccountId, day: date, agent_id: AgentId, shard: int) -> Key:
    """A share of what an agent's calls of a day used."""
    return Key(usage_partition(account_id), f"{day.isoformat()}#{_part(agent_id)}#{shard}")


def after_day(day: date) -> str:
    """After every row of that day, and before those of the next."""
    return f"{day.isoformat()}$"


def running_partition(account_id: AccountId) -> str:
    """The calls of an account that go on."""
    return f"{account_partition(account_id)}#RUNNING"


def running_call(account_id: AccountId, session_id: SessionId) -> Key:
    """A call that goes on."""
    return Key(running_partition(account_id), _part(session_id))


def used_token(account_id: AccountId, jti: str) -> Key:
    """A single-use token that has been used."""
    return Key(f"{account_partition(account_id)}#TOKEN#{_part(jti)}", "TOKEN")


def keyed_request(account_id: AccountId, key: str) -> Key:
    """A request that names itself."""
    return Key(f"{account_partition(account_id)}#REQUEST#{_part(key)}", "REQUEST")


def sip_token(user_hash: str) -> Key:
    """The SIP address of one call."""
    return Key(f"SIP_TOKEN#{_part(user_hash)}", "TOKEN")


def sip_user(user: str) -> Key:
    """A permanent SIP address, as a call finds it."""
    return Key(f"SIP_USER#{_part(user)}", "ADDRESS")


def sip_address(account_id: AccountId, call_id: CallId) -> Key:
    """The same, as its owner lists it."""
    return Key(account_partition(account_id), f"SIP#{_part(call_id)}")


def console_sessions_partition(account_id: AccountId) -> str:
    """The sessions of the console of an account."""
    return f"{account_partition(account_id)}#CONSOLE"


def console_session(account_id: AccountId, session_hash: str) -> Key:
    """One of them."""
    return Key(console_sessions_partition(account_id), _part(session_hash))


def agent_versions_partition(account_id: AccountId, agent_id: AgentId) -> str:
    """The versions of an agent in the order of their numbers."""
    return f"{account_partition(account_id)}#VERSIONS#{_part(agent_id)}"


def agent_version(account_id: AccountId, agent_id: AgentId, number: int) -> Key:
    """One of them."""
    return Key(agent_versions_partition(account_id, agent_id), position(number))


KNOWLEDGE = "KNOWLEDGE#"
"""Begins the sort keys of an account's knowledge files."""


def knowledge_file(account_id: AccountId, file_id: FileId) -> Key:
    """One of them."""
    return Key(account_partition(account_id), KNOWLEDGE + _part(file_id))
