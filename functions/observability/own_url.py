"""The origin that a function tells people, where it may have no other name than API Gateway's."""

from callcore.errors import InvalidInput
from observability.invocation import Event


def own_url(configured: str, event: Event) -> str:
    """`configured`, or else API Gateway's own; never from a Host header, which whoever asks may choose.

    Raises InvalidInput when a load balancer asks, which tells nobody's name.
    """
    if configured:
        return configured
    try:
        return f"https://{event['requestContext']['domainName']}"
    except KeyError:
        raise InvalidInput("behind a load balancer the environment must say which origin people are told") from None
