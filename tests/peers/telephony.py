"""What the API's routes of telephone calls stand on, without a carrier unless one is given."""

from collections.abc import Mapping
from typing import Any

from api.telephony import Telephony
from callauth.carrier_urls import CarrierUrls
from callauth.sealing import Sealer
from callcore.phones.phone import Carrier
from callcore.regions import MediaHosts
from callcore.telephony.ports import CallChanges

SECRET = "a secret of carriers, of thirty-two characters and more"
URLS = CarrierUrls("https://voice.example.com", MediaHosts("wss://voice.example.com"), lambda: (SECRET,))


def telephony(changes: CallChanges, carriers: Mapping[Carrier, Any] | None = None) -> Telephony:
    """Over these carriers."""
    seal = Sealer(lambda: (SECRET,))
    return Telephony(changes, carriers or {}, carriers or {}, seal, seal, URLS, wake=lambda: None)
