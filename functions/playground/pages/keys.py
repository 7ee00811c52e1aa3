"""The account's keys: made, shown once, limited, exchanged and revoked."""

from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from callauth.key_ring import KeyRing
from callcore.accounts.account import KeyKind, KeyRecord, Overrides
from callcore.accounts.key_policy import explain_policy
from callcore.accounts.policy_body import MAX_LABEL_CHARS, PolicyBody
from callcore.errors import InvalidInput
from playground.forms import Form, Posted
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor

LIMITS = ("max_concurrent_calls", "max_minutes_per_day", "max_spend_per_day")
OVERRIDES = {
    Overrides.NONE: "Nothing",
    Overrides.SAFE: "Language, first message and voice",
    Overrides.ALL: "Everything, prompts and tools too",
}

router = APIRouter(prefix=PREFIX)


@router.get("/keys")
def list_keys(visit: Visitor) -> Response:
    """Those that stand, newest first, then those that are revoked."""
    keys = visit.console.credentials.list_keys(visit.account.account_id)
    ordered = sorted(keys, key=lambda key: (key.revoked_at is not None, -key.created_at))
    return visit.page("keys.html.j2", keys=ordered, overrides=OVERRIDES)


@router.get("/keys/new")
def ask_for_key(visit: Visitor) -> Response:
    """What kind, and what it opens."""
    return _asked(visit, None, {"kind": KeyKind.PUBLIC, "any_agent": True, "any_origin": True})


@router.post("/keys/new")
def create_key(visit: Visitor, form: Posted) -> Response:
    """Make it, and show it: it stands on this page only."""
    try:
        kind, label = _kind(form), _label(form)
        policy = _policy(form).policy() if kind is KeyKind.PUBLIC else PolicyBody().policy()
    except _Wrong as wrong:
        return _asked(visit, None, _entered(form), wrong.fields)
    now = visit.console.clock.unix_s()
    made = _ring(visit).create(visit.account.account_id, kind, label, policy, now)
    return _shown(visit, made.key, made.record)


@router.get("/keys/{key_id}")
def show_key(key_id: str, visit: Visitor) -> Response:
    """What it opens, to be changed."""
    key = _ring(visit).find(visit.account.account_id, key_id)
    return _asked(visit, key, _stored(key))


@router.post("/keys/{key_id}")
def change_key(key_id: str, visit: Visitor, form: Posted) -> Response:
    """Another label or policy."""
    key = _ring(visit).find(visit.account.account_id, key_id)
    try:
        policy = _policy(form, key).policy() if key.kind is KeyKind.PUBLIC else key.policy
        _ring(visit).change(visit.account.account_id, key_id, _label(form), policy)
    except _Wrong as wrong:
        return _asked(visit, key, _entered(form) | {"kind": key.kind}, wrong.fields)
    return visit.redirect("/keys", Notice.KEY_CHANGED)


@router.post("/keys/{key_id}/rotate")
def rotate_key(key_id: str, visit: Visitor, form: Posted) -> Response:
    """A new key in its place, shown once."""
    made = _ring(visit).rotate(visit.account.account_id, key_id, visit.console.clock.unix_s())
    return _shown(visit, made.key, made.record)


@router.post("/keys/{key_id}/revoke")
def revoke_key(key_id: str, visit: Visitor, form: Posted) -> Response:
    """Refuse it from now on."""
    ring = _ring(visit)
    ring.revoke(ring.find(visit.account.account_id, key_id), visit.console.clock.unix_s())
    return visit.redirect("/keys", Notice.KEY_REVOKED)


class _Wrong(InvalidInput):
    """What a form's fields have wrong, by their names."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def _ring(visit: Visit) -> KeyRing:
    return KeyRing(visit.console.accounts, visit.console.credentials)


def _kind(form: Form) -> KeyKind:
    try:
        return KeyKind(form.text("kind"))
    except ValueError:
        raise _Wrong({"kind": "Choose one of the two."}) from None


def _label(form: Form) -> str:
    label = form.text("label")
    if len(label) > MAX_LABEL_CHARS:
        raise _Wrong({"label": f"At most {MAX_LABEL_CHARS} characters."})
    return label


def _policy(form: Form, standing: KeyRecord | None = None) -> PolicyBody:
    """What was entered. What the form does not show stays as it stands. Raises _Wrong."""
    entered: dict[str, Any] = {
        "agents": None if form.is_checked("any_agent") else list(form.several("agents")),
        "origins": None if form.is_checked("any_origin") else form.text("origins").split(),
        "overrides": form.text("overrides", Overrides.SAFE),
        "phone": form.is_checked("phone"),
        "loopback_only": standing is not None and standing.policy.loopback_only,
    }
    entered |= {name: form.text(name) or None for name in LIMITS}
    try:
        return PolicyBody.model_validate(entered)
    except ValidationError as error:
        raise _Wrong({str(one["loc"][0]): _told(one["loc"], form) for one in error.errors()}) from None


def _told(place: tuple[int | str, ...], form: Form) -> str:
    name = str(place[0])
    if name == "origins":
        lines = form.text("origins").split()
        line = lines[place[1]] if len(place) > 1 and isinstance(place[1], int) else ""
        return f"{line[:80] or 'That'} is no origin: write https://shop.example, without a path, at most 100 of them."
    if name in LIMITS:
        return "Write a whole number, or nothing for no limit."
    return "Choose from what is offered."


def _asked(
    visit: Visit, key: KeyRecord | None, entered: dict[str, Any], wrong: dict[str, str] | None = None
) -> Response:
    blank: dict[str, Any] = {"label": "", "agents": (), "origins": "", "phone": False, "overrides": Overrides.SAFE}
    blank |= {"any_agent": False, "any_origin": False, **dict.fromkeys(LIMITS, "")}
    agents = visit.console.agents.list_agents(visit.account.account_id)
    context = {"key": key, "entered": blank | entered, "wrong": wrong or {}, "agents": agents, "overrides": OVERRIDES}
    return visit.page("key.html.j2", 422 if wrong else 200, **context)


def _entered(form: Form) -> dict[str, Any]:
    texts = {name: form.text(name) for name in ("kind", "label", "origins", "overrides", *LIMITS)}
    flags = {name: form.is_checked(name) for name in ("any_agent", "any_origin", "phone")}
    return texts | flags | {"agents": form.several("agents")}


def _stored(key: KeyRecord) -> dict[str, Any]:
    policy = key.policy
    limits = {name: "" if getattr(policy, name) is None else str(getattr(policy, name)) for name in LIMITS}
    return limits | {
        "kind": key.kind,
        "label": key.label,
        "any_agent": policy.agents is None,
        "agents": policy.agents or (),
        "any_origin": policy.origins is None,
        "origins": "\n".join(policy.origins or ()),
        "overrides": policy.overrides,
        "phone": policy.phone,
    }


def _shown(visit: Visit, key: str, record: KeyRecord) -> Response:
    means = explain_policy(record.policy) if record.kind is KeyKind.PUBLIC else {}
    return visit.page("key_made.html.j2", key=key, record=record, means=means)
