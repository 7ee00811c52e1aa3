"""Whose keys serve a session, with adapters that are made and never asked."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.calls.usage import Component
from callcore.errors import StoreError
from callcore.ids import AccountId
from callnet.guarded import GuardedClient
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.account_casting import AccountCasting
from media_worker.session.casting.agent_casting import Casting
from media_worker.session.casting.providers import Providers
from tests.unit.media_worker.session.casting_plan import Today, plan_of
from tests.virtual_time import run_virtual

SEALER = Sealer(lambda: ("s" * 32,))
OPERATORS = {"OPENAI_API_KEY": "operators-key", "OPENAI_BASE_URL": "http://openai.example/v1"}
SECRET = "sk-of-ann"


def account(name: str = "ann", **keys: str) -> Account:
    return Account(AccountId(name), name, 0.0, "e", vendor_keys={who: SEALER.seal(key) for who, key in keys.items()})


class House:
    """A process, and what was made in it for whom."""

    def __init__(self, registry: Registry, max_accounts: int, sealer: Sealer) -> None:
        self.registries: list[Registry] = []
        clock = Today()

        def cast(registry: Registry) -> Casting:
            self.registries.append(registry)
            return Casting(registry, clock)

        self._choose = AccountCasting(registry, cast, sealer, max_accounts)

    async def choose(self, account: Account) -> Providers:
        return await self._choose(plan_of(), account)


def play(scene: Callable[[House], Awaitable[None]], max_accounts: int = 2, sealer: Sealer = SEALER) -> None:
    async def scenario() -> None:
        pool = SpeechPool(1)
        async with GuardedClient() as web, vendor_client() as http:
            registry = Registry(Resources(pool, pool, web, http, Vendors(OPERATORS)))
            await scene(House(registry, max_accounts, sealer))

    run_virtual(scenario())


def test_an_account_without_keys_is_served_by_the_operators() -> None:
    async def scene(house: House) -> None:
        await house.choose(account())
        assert len(house.registries) == 1

    play(scene)


def test_keys_go_before_the_operators_and_make_vendors_available() -> None:
    async def scene(house: House) -> None:
        ann = account("ann", openai=SECRET, elevenlabs="xi-of-ann")
        assert (await house.choose(ann)).serving(Component.TTS).provider == "elevenlabs"
        assert (await house.choose(account("bob"))).serving(Component.TTS).provider == "openai"
        common, own = house.registries
        keys = {vendor: own.vendors.need(vendor).api_key for vendor in own.vendors}
        assert keys == {"openai": SECRET, "elevenlabs": "xi-of-ann"}
        assert [common.vendors.need(vendor).api_key for vendor in common.vendors] == ["operators-key"]

    play(scene)


def test_where_a_vendor_is_stays_the_operators_word() -> None:
    vendors = Vendors({"OPENAI_BASE_URL": "http://openai.example/v1/"})
    (openai,) = Vendors({"OPENAI_API_KEY": "k"})
    assert list(vendors) == []
    assert vendors.with_keys({openai: SECRET}).need(openai).base_url == "http://openai.example/v1"


def test_only_what_has_another_key_is_made_again() -> None:
    async def scene(house: House) -> None:
        await house.choose(account(groq="gsk-of-ann"))
        common, own = house.registries
        for kind, name in ((Kind.VAD, "silero"), (Kind.STT, "openai"), (Kind.LLM, "openai"), (Kind.LLM, "script")):
            assert own.get(kind, name) is common.get(kind, name)
        assert own.get(Kind.LLM, "groq") is own.get(Kind.LLM, "groq")
        assert own.own == {(Kind.LLM, "groq")}

    play(scene)


def test_what_was_made_is_kept_until_the_keys_change() -> None:
    async def scene(house: House) -> None:
        ann = account(openai=SECRET)
        for _ in range(3):
            await house.choose(replace(ann))
        assert len(house.registries) == 2
        await house.choose(account(openai="sk-another"))
        assert [one.vendors.need(next(iter(one.vendors))).api_key for one in house.registries[1:]] == [
            SECRET,
            "sk-another",
        ]

    play(scene)


def test_who_was_not_served_for_longest_is_forgotten_first() -> None:
    async def scene(house: House) -> None:
        ann, bob, cid = (account(name, openai=f"sk-of-{name}") for name in ("ann", "bob", "cid"))
        for one in (ann, bob, ann, cid):
            await house.choose(one)
        made = len(house.registries)
        await house.choose(ann)
        assert len(house.registries) == made, "Ann was served after Bob"
        await house.choose(bob)
        assert len(house.registries) == made + 1

    play(scene)


def test_who_is_asked_with_its_key_is_told_for_the_bill() -> None:
    async def scene(house: House) -> None:
        assert (await house.choose(account("bob"))).own == frozenset()
        assert (await house.choose(account(deepgram="dg-of-ann"))).own == {
            (Component.STT, "deepgram"),
            (Component.STT, "deepgram-flux"),
            (Component.TTS, "deepgram"),
        }

    play(scene)


def test_a_vendor_that_this_release_does_not_know_is_passed_over() -> None:
    async def scene(house: House) -> None:
        await house.choose(account(openai=SECRET, vendor_of_tomorrow="k", vllm="k", aws="k"))
        assert list(house.registries[1].vendors) == ["openai"]

    play(scene)


@pytest.mark.parametrize("secret", ["", "t" * 32])
def test_keys_that_cannot_be_opened_refuse_the_session(secret: str) -> None:
    async def scene(house: House) -> None:
        with pytest.raises(StoreError):
            await house.choose(account(openai=SECRET))

    play(scene, sealer=Sealer(lambda: (secret,)))


def test_no_key_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    async def scene(house: House) -> None:
        ann = account(openai=SECRET)
        providers = await house.choose(ann)
        own = house.registries[1]
        vendors = own.vendors
        accesses = [vendors.need(vendor) for vendor in vendors]
        shown.extend(map(repr, (ann, providers, own, vendors, accesses, house._choose, providers.notes)))
        shown.append(str(ann.vendor_keys))
        try:
            await house.choose(replace(ann, vendor_keys={"openai": "not sealed: " + SECRET}))
        except StoreError:
            shown.append(traceback.format_exc())

    play(scene)
    assert "Traceback" in shown[-1]
    assert SECRET not in "\n".join((*shown, caplog.text))
    assert account(openai=SECRET).vendor_keys["openai"][:8] not in repr(account(openai=SECRET))
