from media_worker.transports.sip.sources import KNOWN_S, MAX_SOURCES, STRANGER, Sources


def test_a_stranger_may_send_a_few_messages_and_then_some_a_second() -> None:
    sources = Sources()
    burst = int(STRANGER.burst)
    assert sum(sources.admits("192.0.2.7", 0.0) for _ in range(burst + 100)) == burst
    assert sum(sources.admits("192.0.2.7", 1.0) for _ in range(100)) == STRANGER.per_s
    assert sources.admits("192.0.2.8", 1.0)


def test_whoever_called_is_known_for_an_hour_and_may_send_more() -> None:
    sources = Sources()
    assert not sources.knows("192.0.2.7", 0.0)
    sources.meet("192.0.2.7", 0.0)
    assert sources.knows("192.0.2.7", KNOWN_S - 1)
    assert all(sources.admits("192.0.2.7", 1.0) for _ in range(1000))
    assert not sources.knows("192.0.2.7", KNOWN_S)


def test_trusted_networks_are_always_known() -> None:
    sources = Sources(["192.0.2.0/24", "2001:db8::/32"])
    assert sources.knows("192.0.2.99", 1e9)
    assert sources.knows("2001:db8::1", 1e9)
    assert not sources.knows("198.51.100.1", 1e9)


def test_only_so_many_are_remembered() -> None:
    sources = Sources()
    for number in range(MAX_SOURCES + 10):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        sources.admits(address, 0.0)
        sources.meet(address, 0.0)
    assert len(sources._buckets) == len(sources._known_until) == MAX_SOURCES
    assert not sources.knows("10.0.0.0", 0.0)
