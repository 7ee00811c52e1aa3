from callcore.calls.usage import Component, Meter, Service, Unit, UsageLine


def test_every_unit_belongs_to_a_component() -> None:
    assert {unit.component for unit in Unit} == set(Component)


def test_usage_is_of_whoever_serves_when_it_is_counted() -> None:
    services = {Component.TTS: Service("rime", "mist"), Component.LLM: Service("openai")}
    meter = Meter(services.__getitem__)
    meter.add(Unit.TTS_CHARACTERS, 10)
    meter.add(Unit.TTS_CHARACTERS, 5)
    meter.add(Unit.LLM_REQUESTS, 1, discarded=True)
    services[Component.TTS] = Service("flite")
    meter.add(Unit.TTS_CHARACTERS, 3)
    meter.add(Unit.LLM_REPLY_CHARACTERS, 0)
    assert meter.lines() == (
        UsageLine(Unit.TTS_CHARACTERS, 3, service=Service("flite")),
        UsageLine(Unit.TTS_CHARACTERS, 15, service=Service("rime", "mist")),
        UsageLine(Unit.LLM_REQUESTS, 1, discarded=True, service=Service("openai")),
    )
