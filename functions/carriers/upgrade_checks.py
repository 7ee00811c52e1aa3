"""What workers need to know media sockets by: made where the account is known, used where it is not."""

from collections.abc import Iterable

from callcore.phones.phone import Carrier
from callcore.telephony.ports import CarrierAccount
from callcore.telephony.upgrade_check import UpgradeCheck
from carriers.twilio_signature import digest, upgrade_signatures


def check_of(account: CarrierAccount, addresses: Iterable[str]) -> UpgradeCheck | None:
    """What workers at these addresses know the account's sockets by; None: we were not told what signs them."""
    if not account.signing_secret:
        return None
    if account.carrier is Carrier.VONAGE:
        return UpgradeCheck(account.carrier, secret=account.signing_secret)
    signatures = [one for url in addresses for one in upgrade_signatures(url, account.signing_secret)]
    return UpgradeCheck(account.carrier, signatures=tuple(signatures))


def digests_of(account: CarrierAccount, address: str) -> tuple[str, ...]:
    """What the token of one stream says of the signature that its socket's upgrade comes with; () if nothing can be."""
    if account.carrier is not Carrier.TWILIO or not account.signing_secret:
        return ()
    return tuple(map(digest, upgrade_signatures(address, account.signing_secret)))
