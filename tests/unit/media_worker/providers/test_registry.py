from importlib.util import find_spec

import pytest

from media_worker.providers.registry import ADAPTERS, EMBEDDED, Choice, Kind, Listed, choose
from media_worker.providers.vendors import Vendor, Vendors

KEYS = {f"{vendor.name}_API_KEY": "k" for vendor in Vendor}
OWN_SERVERS = {"VLLM_BASE_URL": "http://127.0.0.1:1", "OLLAMA_BASE_URL": "http://127.0.0.1:1"}
EVERYBODY = Vendors(KEYS | OWN_SERVERS | {"AWS_PROFILE": "p", "AWS_REGION": "r"})
ALL = [(kind, name) for kind, adapters in ADAPTERS.items() for name in adapters]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_name_leads_to_a_module_of_ours(kind: Kind, name: str) -> None:
    module, factory = ADAPTERS[kind][name].factory.split(":")
    assert find_spec(module) is not None
    assert factory.isidentifier()


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_what_is_asked_for_and_available_serves(kind: Kind, name: str) -> None:
    assert choose(kind, name, EVERYBODY) == Choice(name)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("unnamed", [None, ""])
def test_without_a_vendor_and_a_name_the_embedded_one_serves(kind: Kind, unnamed: str | None) -> None:
    assert choose(kind, unnamed, Vendors()) == Choice(EMBEDDED[kind])


def test_the_embedded_ones() -> None:
    assert [*EMBEDDED.values()] == ["silero", "pocketsphinx", "script", "flite", "webhook"]


@pytest.mark.parametrize("kind", Kind)
def test_the_first_line_whose_vendor_is_there_serves_who_names_nobody(kind: Kind) -> None:
    chosen = {name: listed.vendor for name, listed in ADAPTERS[kind].items() if listed.chosen}
    of_vendors = [(name, vendor) for name, vendor in chosen.items() if vendor]
    assert [*chosen][: len(of_vendors)] == [name for name, _ in of_vendors], "vendors stand first"
    for place, (name, _) in enumerate(of_vendors):
        left = {vendor.name for _, vendor in of_vendors[place:]}
        assert choose(kind, None, _only(left)) == Choice(name)


@pytest.mark.parametrize(
    ("wanted", "model", "name"),
    [
        ("deepgram", "flux-general-en", "deepgram-flux"),
        (None, "flux-general-en", "deepgram-flux"),
        ("deepgram-flux", "nova-3", "deepgram"),
        (None, "nova-2", "deepgram"),
        ("pocketsphinx", "flux-general-en", "pocketsphinx"),
        ("deepgram", "a new one", "deepgram"),
        ("deepgram-flux", None, "deepgram-flux"),
    ],
)
def test_a_model_leads_to_the_adapter_that_it_belongs_to(wanted: str | None, model: str | None, name: str) -> None:
    assert choose(Kind.STT, wanted, EVERYBODY, model) == Choice(name)


def _only(names: set[str]) -> Vendors:
    aws = {"AWS_PROFILE": "p", "AWS_REGION": "r"} if "AWS" in names else {}
    return Vendors(aws | {name: value for name, value in (KEYS | OWN_SERVERS).items() if name.split("_")[0] in names})


@pytest.mark.parametrize("kind", [Kind.STT, Kind.LLM, Kind.TTS])
def test_what_is_not_available_is_replaced_and_the_reason_told(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"a vendor's": Listed("x:y", Vendor.OPENAI), **ADAPTERS[kind]}
    monkeypatch.setattr("media_worker.providers.registry.ADAPTERS", {**ADAPTERS, kind: listed})
    for wanted in ("a vendor's", "nobody's" * 100):
        choice = choose(kind, wanted, Vendors())
        assert choice.name == EMBEDDED[kind]
        assert choice.reason == f"the {kind} provider {wanted[:40]} is not available here: {choice.name} serves instead"
