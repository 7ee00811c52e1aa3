"""The account that a key opens (protocol.md 7)."""

from fastapi import APIRouter

from api.dependencies import PrivateAccount, UsedToday
from api.problems import AsciiJsonResponse
from callcore.accounts.key_policy import explain_limits
from callcore.billing.allowance import MS_PER_MINUTE

router = APIRouter()


@router.get("/user/info")
async def get_user_info(account: PrivateAccount, used: UsedToday) -> AsciiJsonResponse:
    """The account, its limits and what it has used of this day (UTC). Nothing is paid in advance: no credit, null."""
    return AsciiJsonResponse(
        {
            "id": account.account_id,
            "name": account.name,
            "credit": None,
            "used_credit": None,
            "auto_refill": {"enabled": False, "threshold": None, "refill_amount": None},
            "limits": {
                "max_concurrent_calls": account.max_concurrent_calls,
                "max_call_duration_s": account.max_call_duration_s,
                "max_minutes_per_day": account.max_minutes_per_day,
                "max_spend_per_day": account.max_spend_per_day,
            },
            "retention_days": account.retention_days,
            "used_today": {"minutes": used.call_ms / MS_PER_MINUTE, "spend": float(used.cents)},
            "limits_mean": dict(explain_limits(account)),
        }
    )
