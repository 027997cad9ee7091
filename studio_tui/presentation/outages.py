"""Kinds of outages in a few words."""

from studio_tui.errors import (
    AuthenticationError,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)


def outage_words(error: StudioError) -> str:
    """Describe an error in a few words, different for each kind of outage."""
    match error:
        case AuthenticationError():
            return "token refused"
        case PermissionDenied():
            return "not allowed"
        case RateLimited():
            return "too many requests"
        case ServerError():
            return f"server error {error.status}"
        case StatusError():
            return f"refused with {error.status}"
        case ProtocolError():
            return "unreadable answer"
        case TransportError() if error.brief:
            return error.brief
        case _:
            return "offline"
