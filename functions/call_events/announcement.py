"""That the owner of a call shall hear of its end."""

from callcore.calls import Call
from callcore.deliveries import delivery_of
from callcore.delivery_ports import DeliveryStore


def announce(call: Call, deliveries: DeliveryStore, now: float) -> None:
    """Put its delivery down, once, if the owner wants one.

    Do so before the end is stored: whoever dies in between leaves a delivery that waits for the end, and not an end
    that nobody hears of.
    """
    delivery = delivery_of(call, now)
    if delivery is not None:
        deliveries.add_delivery(delivery)
