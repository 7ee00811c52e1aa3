"""The account that a key opens (protocol.md 7)."""

from fastapi import APIRouter

from api.dependencies import PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.key_policy import explain_limits

router = APIRouter()


@router.get("/user/info")
async def get_user_info(account: PrivateAccount) -> AsciiJsonResponse:
    """The account and its limits. Nothing is billed, so there is no credit: null."""
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
            },
            "limits_mean": dict(explain_limits(account)),
        }
    )
