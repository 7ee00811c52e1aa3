"""Who serves a session when its account has keys of its own with vendors."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.calls.usage import Component
from callcore.ids import AccountId
from callcore.opening.plan import SessionPlan
from media_worker.providers.registry import Registry
from media_worker.providers.vendors import OWN_KEYS
from media_worker.session.casting.agent_casting import Casting
from media_worker.session.casting.providers import Providers

MAX_ACCOUNTS = 256
"""Of so many what was made with their keys is kept; who was not served for longest is forgotten first."""


@dataclass(frozen=True)
class _Own:
    """What an account is served by."""

    sealed: Mapping[str, str]
    """The keys that it was made with, as they are stored."""
    casting: Casting
    paid: frozenset[tuple[Component, str]]
    """Who is asked with them."""


class AccountCasting:
    """Picks the adapters of every session of a process: an account's keys go before the operator's.

    What was made for one account serves no other, and what its models were measured at is its own. Keys that change
    count from the account's next session on.
    """

    def __init__(
        self,
        registry: Registry,
        cast: Callable[[Registry], Casting],
        sealer: Sealer,
        max_accounts: int = MAX_ACCOUNTS,
    ) -> None:
        self._registry = registry
        self._cast = cast
        self._sealer = sealer
        self._max_accounts = max_accounts
        self._common = cast(registry)
        self._own: OrderedDict[AccountId, _Own] = OrderedDict()

    async def __call__(self, plan: SessionPlan, account: Account) -> Providers:
        """The adapters for a plan of this account.

        Raises InvalidInput when its language cannot be heard or spoken here, and StoreError when the account's keys
        cannot be opened: the operator's do not serve in their place, which somebody else would pay.
        """
        if not account.vendor_keys:
            return self._common(plan)
        own = await self._of(account.account_id, account.vendor_keys)
        return replace(own.casting(plan), own=own.paid)

    async def _of(self, account_id: AccountId, sealed: Mapping[str, str]) -> _Own:
        own = self._own.get(account_id)
        if own is None or own.sealed != sealed:
            # A vendor's module may have to be loaded: other calls must not stop for it.
            registry = await asyncio.to_thread(self._made, sealed)
            paid = frozenset((Component(kind.value), name) for kind, name in registry.own)
            own = _Own(sealed, self._cast(registry), paid)
            self._own[account_id] = own
        self._own.move_to_end(account_id)
        if len(self._own) > self._max_accounts:
            self._own.popitem(last=False)
        return own

    def _made(self, sealed: Mapping[str, str]) -> Registry:
        # A release that was rolled back does not know each vendor of the one after it.
        known = [vendor for vendor in OWN_KEYS if vendor in sealed]
        registry = self._registry.with_keys({vendor: self._sealer.open(sealed[vendor]) for vendor in known})
        registry.load()
        return registry
