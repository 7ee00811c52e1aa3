"""That functions shall run after a call, and that its owner shall hear of its end."""

from callcore.calls.call import Call
from callcore.deliveries.delivery import deliveries_of
from callcore.deliveries.ports import DeliveryStore


def announce(call: Call, deliveries: DeliveryStore, now: float) -> None:
    """Put down what is to be sent of this ended call, once.

    Do so before the end is stored: whoever dies in between leaves a delivery that waits for the end, and not an end
    that nobody hears of.
    """
    for delivery in deliveries_of(call, now):
        deliveries.add_delivery(delivery)
