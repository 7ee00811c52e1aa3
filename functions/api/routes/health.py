"""Whether this process serves requests."""

from fastapi import APIRouter

from api.problems import AsciiJsonResponse

router = APIRouter()


@router.get("/health")
async def get_health() -> AsciiJsonResponse:
    """Always the same: a process that cannot answer does not answer. Needs no key and reads no store."""
    return AsciiJsonResponse({"status": "ok"})
