"""How a session begins (architecture.md 3.2): two pure steps, with the caller's prefetch between them.

    opening = begin_opening(request)
    prefetched = fetch(opening.prefetch) if opening.prefetch else None     # not here
    plan = finish_opening(opening, prefetched)

A prefetch that fails or is nonsense never fails the call; what went wrong is told in `notes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from callcore.agents.agent import AgentConfig, Webhook, merge_override, parse_config
from callcore.agents.script import Script
from callcore.calls.registration import voip_of
from callcore.errors import InvalidInput, NotAllowed
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.jsontext import parse_json, to_json
from callcore.knowledge.known import NO_KNOWLEDGE, Knowledge
from callcore.metadata import check_metadata, with_system_values
from callcore.opening.continuation import NO_DATA, Continued, earlier_talk
from callcore.opening.prompt import assemble_system_prompt
from callcore.phones.phone import Carrier
from callcore.phones.sip_addresses import SIP
from callcore.variables import render, render_url, variables_of

DEFAULT_MAX_DURATION_S = 1800
PREFETCH_NAMES = frozenset({"session_id", "agent_id", "from", "to"})
"""Query parameters of the prefetch request that metadata cannot set (protocol.md 9.1)."""


MILLIS = "millis"
"""The transport of clients of `/millis`."""
WEBRTC = "webrtc"
"""The transport of peers that sent an offer."""
CHAT = "chat"
"""The transport of a conversation in writing, over `POST /chat/completions`."""


@dataclass(frozen=True)
class OpeningRequest:
    """Everything that is known when a session is asked for. The key's policy has agreed already."""

    session_id: SessionId
    account_id: AccountId
    max_call_duration_s: float
    """The account's cap."""
    agent_id: AgentId | None = None
    """None: a temporary agent."""
    stored_config: Mapping[str, Any] | None = None
    phone_override: Mapping[str, Any] | None = None
    session_override: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the visitor or the caller's back end sent."""
    signed_metadata: Mapping[str, Any] | None = None
    """What a valid token, or whoever registered the call, vouches for; None: neither."""
    include_metadata_in_prompt: bool = False
    call_id: CallId | None = None
    """None: a web call, whose call id is its session id."""
    from_phone: str | None = None
    to_phone: str | None = None
    carrier_call: Mapping[str, Any] | None = None
    """What the carrier says of a telephone call, for its record."""
    outbound: bool = False
    """A telephone call that we place: a machine may answer it."""
    shows_forms: bool = False
    """The client shows web forms and says what was filled in."""
    transport: str = MILLIS
    """What carries the call, as its bill names it."""
    text_only: bool = False
    """The agent is read, not heard, until the user wants to hear it."""
    continued: Continued | None = None
    """What it takes over from an earlier session."""
    history: tuple[Mapping[str, Any], ...] = ()
    """What was said in it before, as whoever begins it tells."""
    opened_by: str | None = None
    """The id of the public key that began it."""
    notes: tuple[str, ...] = ()
    """What was ignored of what was asked for."""


@dataclass(frozen=True)
class PrefetchRequest:
    """A GET to the customer's server, through the guarded client."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Prefetched:
    """What the customer's server answered (protocol.md 9.1)."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    extra_prompt: str = ""
    failure: str = ""
    """Why there was no answer; safe to log."""


@dataclass(frozen=True)
class Opening:
    """A session between its two steps."""

    request: OpeningRequest
    raw_config: Mapping[str, Any]
    config: AgentConfig
    metadata: Mapping[str, Any]
    prefetch: PrefetchRequest | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionPlan:
    """Everything a worker needs to hold the conversation."""

    session_id: SessionId
    call_id: CallId
    account_id: AccountId
    agent_id: AgentId | None
    config: AgentConfig
    raw_config: Mapping[str, Any]
    """The effective configuration as its owners wrote it, for the call record."""
    metadata: Mapping[str, Any]
    visitor_names: frozenset[str]
    """Names in `metadata` whose values are the visitor's own word: nobody vouches for them."""
    variables: Mapping[str, str]
    system_prompt: str
    first_message: str | None
    """Rendered."""
    language: str
    max_duration_s: float
    script: Script | None
    """Its texts are rendered when they are said."""
    voip: Mapping[str, Any] | None = None
    """Both numbers; None when it is no phone call."""
    outbound: bool = False
    """We place the call: a machine may answer it."""
    shows_forms: bool = False
    """The client shows web forms and says what was filled in."""
    transport: str = MILLIS
    text_only: bool = False
    """The agent is read, not heard, until the user wants to hear it."""
    continued: Continued | None = None
    """What it takes over from an earlier session."""
    history: tuple[Mapping[str, Any], ...] = ()
    """What was said in it before."""
    knowledge: Knowledge = NO_KNOWLEDGE
    """What its agent knows from files."""
    opened_by: str | None = None
    """The id of the public key that began it."""
    notes: tuple[str, ...] = ()
    """What was ignored on the way and why; safe to log."""

    @property
    def by_phone(self) -> bool:
        """A telephone is at the other end."""
        return self.transport in (*Carrier, SIP)

    @property
    def is_resumed(self) -> bool:
        """It goes on where an earlier one stood when its connection was lost."""
        return self.continued is not None and self.continued.resumed


def begin_opening(request: OpeningRequest) -> Opening:
    """Merge and check what the session was asked for.

    Raises InvalidInput for a bad configuration or metadata over a limit, NotAllowed when a value for
    one of the agent's `signed_metadata` names comes without a token that vouches for it.
    """
    raw = merge_override(request.stored_config or {}, request.phone_override or {})
    raw = merge_override(raw, request.session_override or {})
    config = parse_config(raw)
    signed = request.signed_metadata or {}
    for name in config.signed_metadata:
        if name in request.metadata and name not in signed:
            raise NotAllowed(f"metadata.{name} is believed only from a signed token")
    check_metadata(request.metadata)
    metadata = _merged(config.default_metadata, request.metadata, signed)
    check_metadata(metadata)
    try:
        prefetch = _prefetch_request(request, config.extra_prompt_webhook, metadata)
        notes: tuple[str, ...] = ()
    except InvalidInput as error:
        prefetch, notes = None, (f"extra_prompt_webhook was ignored: {error}",)
    return Opening(request, raw, config, metadata, prefetch, (*request.notes, *notes))


def _merged(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """Later sources win; names of the system belong to no source."""
    everything: dict[str, Any] = {}
    for source in sources:
        everything |= source
    return with_system_values(everything, {})


def _system_values(request: OpeningRequest) -> dict[str, str]:
    values = {
        "session_id": request.session_id,
        "agent_id": request.agent_id,
        "FromPhone": request.from_phone,
        "ToPhone": request.to_phone,
    }
    return {name: value for name, value in values.items() if value is not None}


def _prefetch_request(
    request: OpeningRequest, webhook: Webhook | None, metadata: Mapping[str, Any]
) -> PrefetchRequest | None:
    if webhook is None:
        return None
    url = _split(render_url(webhook.url.strip(), variables_of(metadata, _system_values(request))))
    system = {
        "agent_id": request.agent_id,
        "session_id": request.session_id,
        "from": request.from_phone,
        "to": request.to_phone,
    }
    parameters = {name: value for name, value in system.items() if value is not None}
    for name, value in metadata.items():
        if name not in PREFETCH_NAMES:
            parameters[name] = value if isinstance(value, str) else to_json(value)
    query = "&".join(part for part in (url.query, urlencode(parameters)) if part)
    return PrefetchRequest(urlunsplit(url._replace(query=query, fragment="")), webhook.headers)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput("not a URL") from None
    if not parts.hostname:
        raise InvalidInput("not an absolute URL")
    return parts


def parse_prefetched(text: str) -> Prefetched:
    """Read the reply of a prefetch; whatever JSON it is, only what fits is taken.

    Raises InvalidInput when it is not JSON.
    """
    reply = parse_json(text)
    if not isinstance(reply, dict):
        return Prefetched()
    metadata, extra_prompt = reply.get("metadata"), reply.get("extra_prompt")
    return Prefetched(
        metadata if isinstance(metadata, dict) else {},
        extra_prompt if isinstance(extra_prompt, str) else "",
    )


def finish_opening(opening: Opening, prefetched: Prefetched | None, knowledge: Knowledge = NO_KNOWLEDGE) -> SessionPlan:
    """The plan of the session; `prefetched` is None when there was nothing to fetch."""
    request, config = opening.request, opening.config
    metadata, notes = _with_prefetched(opening, prefetched or Prefetched())
    continued = _taken_over(request, config)
    if continued is None and request.continued is not None:
        notes = (*notes, NO_DATA)
    variables = variables_of(metadata, _system_values(request))
    return SessionPlan(
        session_id=request.session_id,
        call_id=request.call_id or CallId(request.session_id),
        account_id=request.account_id,
        agent_id=request.agent_id,
        config=config,
        raw_config=opening.raw_config,
        metadata=metadata,
        visitor_names=_visitor_names(request, metadata),
        variables=variables,
        system_prompt=assemble_system_prompt(
            config.prompt,
            variables,
            extra_prompt=prefetched.extra_prompt if prefetched else "",
            knowledge=knowledge.told,
            listed_metadata=metadata if request.include_metadata_in_prompt else None,
            earlier=earlier_talk(continued.chat) if continued is not None and not continued.resumed else "",
        ),
        first_message=_first_message(config, variables),
        language=config.language,
        max_duration_s=min(config.session_timeout.max_duration or DEFAULT_MAX_DURATION_S, request.max_call_duration_s),
        script=config.llm.script,
        voip=voip_of(request.from_phone, request.to_phone, request.carrier_call),
        outbound=request.outbound,
        shows_forms=request.shows_forms,
        transport=request.transport,
        text_only=request.text_only,
        continued=continued,
        history=tuple(continued.chat) if continued is not None and continued.resumed else request.history,
        knowledge=knowledge,
        opened_by=request.opened_by,
        notes=(*notes, *knowledge.notes),
    )


def _visitor_names(request: OpeningRequest, metadata: Mapping[str, Any]) -> frozenset[str]:
    unsigned = request.metadata.keys() - (request.signed_metadata or {}).keys()
    return frozenset(name for name in unsigned & metadata.keys() if metadata[name] == request.metadata[name])


def _taken_over(request: OpeningRequest, config: AgentConfig) -> Continued | None:
    continued = request.continued
    if continued is None or config.privacy_settings.opt_out_data_collection:
        return None
    if not request.shows_forms:
        return continued
    return continued.with_forms_open({tool.name for tool in config.tools if tool.is_web_form})


def _with_prefetched(opening: Opening, prefetched: Prefetched) -> tuple[dict[str, Any], tuple[str, ...]]:
    signed = opening.request.signed_metadata or {}
    if prefetched.failure:
        return dict(opening.metadata), (*opening.notes, f"extra_prompt_webhook gave nothing: {prefetched.failure}")
    metadata = _merged(opening.metadata, prefetched.metadata, signed)
    try:
        check_metadata(metadata)
    except InvalidInput as error:
        return dict(opening.metadata), (*opening.notes, f"prefetched metadata was ignored: {error}")
    return metadata, opening.notes


def _first_message(config: AgentConfig, variables: Mapping[str, str]) -> str | None:
    text = render(config.first_message or "", variables).strip()
    return text or None
