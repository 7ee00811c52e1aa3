"""What the routes of telephone calls and numbers stand on."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callauth.carrier_urls import CarrierUrls
from callcore.errors import StoreError
from callcore.phones.phone import Carrier
from callcore.telephony.carrier_accounts import Seal
from callcore.telephony.ports import CallChanges, CarrierControl, NumberControl

logger = logging.getLogger(__name__)


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
    """Says that a call was ordered, to who places it; he looks at an interval, too. Raises StoreError."""

    def ordered(self) -> None:
        """Calls were ordered, and stand in the store: that nobody can be told of them is no reason to order anew."""
        try:
            self.wake()
        except StoreError:
            logger.exception("who places calls was not told of an order")
