import asyncio
import re

from callcore.ids import SessionId, new_session_id
from callcore.trace import HEADER, session_worked_for, trace_headers, trace_id, work_for

TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-01")
"""W3C Trace Context 1, 3.2."""


def test_tasks_of_a_session_tell_its_trace_and_others_tell_none() -> None:
    async def asks() -> str | None:
        return trace_headers().get(HEADER)

    async def session(session_id: SessionId) -> list[str | None]:
        work_for(session_id)
        return list(await asyncio.gather(asks(), asks()))

    async def main() -> None:
        one, other = new_session_id(), new_session_id()
        told = await asyncio.gather(session(one), session(other))
        for session_id, headers in zip((one, other), told, strict=True):
            found = [TRACEPARENT.fullmatch(header or "") for header in headers]
            assert [match and match["trace"] for match in found] == [trace_id(session_id)] * 2
            assert len({match and match["span"] for match in found}) == 2, "each request is a span of its own"
        assert await asks() is None
        assert session_worked_for() is None

    asyncio.run(main())


def test_whoever_is_told_the_trace_does_not_know_the_session() -> None:
    session_id = new_session_id()
    assert session_id.replace("-", "") not in trace_id(session_id)
    assert trace_id(session_id) != trace_id(new_session_id())
