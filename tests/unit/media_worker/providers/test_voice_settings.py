"""What an agent's `voice.settings` say to a vendor."""

import pytest

from callcore.agents.agent import VoiceConfig
from media_worker.providers.voice_settings import number


@pytest.mark.parametrize(("value", "told"), [(1, 1.0), (0.1, 0.5), (9, 2.0), (10**400, 2.0), (-(10**400), 0.5)])
def test_a_number_however_large_is_cut_to_what_the_vendor_takes(value: float, told: float) -> None:
    assert number(VoiceConfig(settings={"speed": value}), "speed", 0.5, 2.0) == told
