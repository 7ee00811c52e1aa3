"""The carriers that calls are placed with."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcore.clock import Clock
from callcore.phones.phone import Carrier
from carriers import twilio as at_twilio
from carriers import vonage as at_vonage
from carriers.rest import Trust
from carriers.twilio import Twilio
from carriers.vonage import Vonage


@dataclass(frozen=True)
class CarrierApis:
    """Where the carriers' APIs are; another address is that of a copy."""

    twilio: str = at_twilio.BASE_URL
    vonage: str = at_vonage.BASE_URL
    vonage_numbers: str = at_vonage.NUMBERS_URL


def carriers_at(at: CarrierApis, clock: Clock, trust: Trust) -> Mapping[Carrier, Twilio | Vonage]:
    """Every carrier, by its name."""
    return {
        Carrier.TWILIO: Twilio(at.twilio, trust),
        Carrier.VONAGE: Vonage(clock, at.vonage, at.vonage_numbers, trust),
    }
