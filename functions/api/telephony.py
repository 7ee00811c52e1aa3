"""What the routes of telephone calls and numbers stand on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callauth.carrier_urls import CarrierUrls
from callcore.carrier_accounts import Seal
from callcore.carrier_ports import CallChanges, CarrierControl, NumberControl
from callcore.phones import Carrier


@dataclass(frozen=True)
class Telephony:
    """Its ports are synchronous, so routes call them in a thread."""

    changes: CallChanges
    controls: Mapping[Carrier, CarrierControl]
    numbers: Mapping[Carrier, NumberControl]
    seal: Seal
    worker_seal: Seal
    """Of what workers may open."""
    urls: CarrierUrls
    wake: Callable[[], None]
    """Says that a call was ordered, to who places it; he looks at an interval, too."""
