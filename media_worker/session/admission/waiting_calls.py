"""Sessions of calls whose rows wait for them: what a back end registered or ordered, and what rings."""

from collections.abc import Callable

from callcore.accounts.account import Account, AccountStatus
from callcore.calls.call import Call
from callcore.errors import NotAllowed
from callcore.opening.continuation import ContinuationWish
from callcore.opening.plan import Opening, OpeningRequest, begin_opening
from callstore.private_calls import with_its_metadata
from media_worker.session.admission.admission import Admission

Completed = Callable[[OpeningRequest], OpeningRequest]
"""Adds what only the transport knows."""


def open_waiting(
    admission: Admission, call: Call, completed: Completed, *, resumes: bool = False
) -> tuple[Account, Opening]:
    """The opening that the row asks for; `resumes`: it goes on with the session before it, without a greeting.

    Its stores are synchronous. Raises NotAllowed for a suspended account, and as `begin_opening` does.
    """
    account = admission.accounts.get_account(call.account_id)
    if account.status is AccountStatus.SUSPENDED:
        raise NotAllowed("the account is suspended")
    call = with_its_metadata(call, admission.reports, admission.clock.unix_s())
    request = OpeningRequest(
        session_id=call.session_id,
        call_id=call.call_id,
        account_id=account.account_id,
        max_call_duration_s=account.max_call_duration_s,
        agent_id=call.agent_id,
        stored_config=call.agent_config,
        signed_metadata=call.metadata,
        include_metadata_in_prompt=call.include_metadata_in_prompt,
    )
    wish = ContinuationWish(call.continues, resumes, call.agent_id) if call.continues else None
    return account, begin_opening(admission.continuing(completed(request), wish))
