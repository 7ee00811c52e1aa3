"""SIP addresses in the DynamoDB table: those of one call by their hash, permanent ones by user and by account."""

import contextlib
import math
from collections.abc import Sequence

from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, CallId
from callcore.phones.sip_addresses import SipAddress, SipToken
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import doc_of, require_account, unpacked
from callstore.dynamo.table import ABSENT, PRESENT, DynamoTable, Refused, Row, delete, put, update


class DynamoSipStore:
    """SipTokens and SipAddresses."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_token(self, token: SipToken) -> None:
        """Store a new one; the table forgets it when it has expired."""
        require_account(self._table, token.account_id)
        row = {"doc": doc_of(token), "expires_at": token.expires_at, "ttl": math.ceil(token.expires_at)}
        self._table.write(put(keys.sip_token(token.user_hash), row))

    def claim_token(self, user_hash: str, invite: str, now: float) -> SipToken | None:
        """Take it for this INVITE, unless another one has it."""
        key = keys.sip_token(user_hash)
        row = self._table.get(key)
        if row is None:
            return None
        condition = f"{PRESENT} AND #expires_at > :now AND (attribute_not_exists(#invite) OR #invite = :invite)"
        try:
            self._table.write(update(key, "SET #invite = :invite", {"invite": invite, "now": now}, condition))
        except Refused:
            return None
        return SipToken(**unpacked(row["doc"]))

    def release_token(self, user_hash: str, invite: str) -> None:
        """Another INVITE may take the token, if this one has it."""
        key = keys.sip_token(user_hash)
        with contextlib.suppress(Refused):
            self._table.write(update(key, "REMOVE #invite", {"invite": invite}, "#invite = :invite"))

    def put_address(self, address: SipAddress) -> None:
        """Raises Conflict when its user is taken."""
        require_account(self._table, address.account_id)
        row = {"doc": doc_of(address)}
        try:
            self._table.write(
                put(keys.sip_user(address.user), row, ABSENT),
                put(keys.sip_address(address.account_id, address.call_id), row),
            )
        except Refused:
            raise Conflict("the store refuses the row: its user is taken") from None

    def find_address(self, user: str) -> SipAddress | None:
        """The address with that user part."""
        row = self._table.get(keys.sip_user(user))
        return None if row is None else _to_address(row)

    def list_addresses(self, account_id: AccountId) -> Sequence[SipAddress]:
        """The account's, oldest first."""
        found = self._table.query(keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "SIP#"})
        return sorted(map(_to_address, found), key=lambda address: (address.created_at, address.call_id))

    def delete_address(self, account_id: AccountId, call_id: CallId) -> None:
        """Raises NotFound, also for another account's address."""
        key = keys.sip_address(account_id, call_id)
        row = self._table.get(key)
        try:
            if row is not None:
                self._table.write(delete(key, PRESENT), delete(keys.sip_user(_to_address(row).user)))
                return
        except Refused:
            pass  # somebody else was quicker
        raise NotFound("SIP address", call_id)


def _to_address(row: Row) -> SipAddress:
    said = unpacked(row["doc"])
    return SipAddress(**said | {"sources": tuple(said["sources"])})
