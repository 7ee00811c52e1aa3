"""Which language models answer in a session, and in which order."""

from datetime import date
from typing import Any

from callcore.agents.agent import LlmConfig
from callcore.billing.allowance import day_of
from callcore.billing.rate_card import rate_card
from callcore.calls.usage import Component, Service
from callcore.opening.plan import SessionPlan
from callcore.tools.toolbox import toolbox
from media_worker.ports.llm import ReplyRequest
from media_worker.providers.models import default_model, find_model
from media_worker.providers.registry import EMBEDDED, Kind, Registry, choose, vendors_of
from media_worker.session.casting.hedged_model import ChosenModel
from media_worker.session.casting.measured_model import MeasuredModel, task_of
from media_worker.session.casting.quickest import Quickest
from media_worker.session.clock import WorkerClock


class ModelChoice:
    """Chooses for every session of a process, by what it has measured in it."""

    def __init__(self, registry: Registry, clock: WorkerClock) -> None:
        self._registry = registry
        self._clock = clock
        self._quickest = Quickest()

    @property
    def _available(self) -> tuple[str, ...]:
        return vendors_of(Kind.LLM, self._registry.vendors)

    def models(self, plan: SessionPlan, notes: list[str]) -> list[ChosenModel]:
        """The models, at least one; `notes` are told what is not as it was asked for, and why a choice was made."""
        return [chosen for config in plan.config.llm.chain() for chosen in self._of(config, plan, notes)]

    def _of(self, config: LlmConfig, plan: SessionPlan, notes: list[str]) -> list[ChosenModel]:
        """Who answers for one part of the chain; for a part that leaves it to us, everybody who can."""
        provider, name = config.provider or None, config.model or None
        if provider is not None:
            choice = choose(Kind.LLM, provider, self._registry.vendors)
            provider = choice.name
            if choice.reason is not None:
                notes.append(choice.reason)
                name = None  # it is one of another vendor
        found = find_model(name, provider, self._available, self._ended)
        if found.provider is not None:
            chosen = [self._chosen(config, found.provider, found.model)]
        else:
            chosen = self._quickest_first(config, plan, notes)
        if found.note:
            notes.append(f"{found.note}: {chosen[0].service} serves instead")
        return chosen

    def _quickest_first(self, config: LlmConfig, plan: SessionPlan, notes: list[str]) -> list[ChosenModel]:
        asked = [self._chosen(config, provider, default_model(provider)) for provider in self._available]
        if not asked:
            return [self._script(config)]
        by_name = {str(chosen.service): chosen for chosen in asked}
        offers = toolbox(plan.config, plan.variables, searched=plan.knowledge.searched).offers
        task = task_of(ReplyRequest(config, plan.system_prompt, (), tools=offers))
        ranking = self._quickest.ranking(tuple(by_name), task, self._clock.monotonic_s())
        notes.append(f"answered by {ranking.names[0]}: {ranking.why}")
        spare = [self._script(config)] if config.script is not None else []
        return [*(by_name[name] for name in ranking.names), *spare]

    def _script(self, config: LlmConfig) -> ChosenModel:
        return self._chosen(config, EMBEDDED[Kind.LLM], None)

    def _chosen(self, config: LlmConfig, provider: str, model: str | None) -> ChosenModel:
        service = Service(provider, model or "")
        adapter: Any = self._registry.get(Kind.LLM, provider)
        if provider in self._available:
            adapter = MeasuredModel(adapter, str(service), self._quickest, self._clock)
        return ChosenModel(adapter, config.model_copy(update={"provider": provider, "model": model}), service)

    def _ended(self, provider: str, model: str) -> date | None:
        return ended_on(Service(provider, model), Component.LLM, self._clock.unix_s())


def ended_on(service: Service, component: Component, now: float) -> date | None:
    """The day on which a model or a vendor ended; None while it serves. `now` is unix seconds."""
    shutdown = rate_card().shutdown(component, service)
    return shutdown.on if shutdown is not None and shutdown.on <= day_of(now) else None
