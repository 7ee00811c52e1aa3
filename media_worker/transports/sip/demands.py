"""What a well-formed request may ask of us (RFC 3261, 8.2): methods, extensions, bodies."""

from media_worker.transports.sip import session_timer
from media_worker.transports.sip.message import Refusal, Request
from media_worker.transports.sip.negotiation import NotAcceptable, acceptable

METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO", "NOTIFY", "REFER")
"""Those that are understood. REFER is, to be declined."""
KNOWN_METHODS = frozenset(METHODS) | {"REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH"}
ALLOW = ", ".join(method for method in METHODS if method != "REFER")
OFFERING = ("INVITE", "UPDATE")
EXTENSIONS = frozenset({"timer", "100rel"})
"""Those that a request may require."""
SUPPORTED = "timer"
"""Those that we name, also in requests of ours: there 100rel would ask for responses that we have to acknowledge."""
SDP = "application/sdp"
DTMF_TYPES = ("application/dtmf-relay", "application/dtmf")
SIPFRAG = "message/sipfrag"
BODIES = {"INFO": DTMF_TYPES, "NOTIFY": (SIPFRAG,)}
"""What a request of a method may carry; every other one an offer or an answer."""


def refused(request: Request, ip_version: int = 4) -> Refusal | None:
    """Why the request is not acted on; None: it is. An ACK is never refused.

    `ip_version`: of our address; audio goes to no other kind.
    """
    if request.method == "ACK":
        return None
    refusal = _refused_method(request) or _refused_target(request) or _refused_body(request)
    return _refused_session(request, ip_version) if refusal is None and request.method in OFFERING else refusal


def media_type(value: str | None) -> str:
    """A Content-Type or a member of Accept without its parameters."""
    return (value or "").partition(";")[0].strip().lower()


def _refusal(request: Request, status: int, why: str, *told: tuple[str, str]) -> Refusal:
    return Refusal(request.method, request.headers, status, why, told)


def _refused_method(request: Request) -> Refusal | None:
    if request.method not in KNOWN_METHODS:
        return _refusal(request, 501, "the method is unknown")
    if request.method not in METHODS:
        return _refusal(request, 405, "the method is not allowed", ("Allow", ALLOW))
    return None


def _refused_target(request: Request) -> Refusal | None:
    if request.uri is None:
        return _refusal(request, 416, "the Request-URI is of an unknown scheme")
    if request.method == "CANCEL":
        # RFC 3261, 8.2.2.3: Require has no place in it.
        return None
    unknown = [name for name in request.headers.tokens("Require") if name not in EXTENSIONS]
    if unknown:
        return _refusal(request, 420, "an extension is required", ("Unsupported", ", ".join(unknown)))
    return None


def _refused_body(request: Request) -> Refusal | None:
    accepted = BODIES.get(request.method, (SDP,))
    if request.headers.tokens("Content-Encoding") not in ([], ["identity"]):
        return _refusal(request, 415, "the body is encoded", ("Accept-Encoding", "identity"))
    if request.body and media_type(request.headers.get("Content-Type")) not in accepted:
        return _refusal(request, 415, "the body is of another type", ("Accept", ", ".join(accepted)))
    return None


def _refused_session(invite: Request, ip_version: int) -> Refusal | None:
    if invite.method == "INVITE" and not _takes_sdp(invite):
        return _refusal(invite, 406, "the caller takes no SDP")
    try:
        session_timer.agree(invite.headers)
        if invite.body:
            acceptable(invite.body, ip_version)
    except session_timer.TooSmall:
        return _refusal(invite, 422, "the session interval is too small", ("Min-SE", str(session_timer.MIN_SE_S)))
    except NotAcceptable as error:
        return _refusal(invite, 488, str(error))
    except ValueError as error:
        return _refusal(invite, 400, str(error))
    return None


def _takes_sdp(request: Request) -> bool:
    taken = {media_type(member) for member in request.headers.tokens("Accept")}
    return not request.headers.all("Accept") or bool(taken & {SDP, "application/*", "*/*"})
