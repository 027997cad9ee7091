"""Exceptions of code below the screens; the class of an error determines how it is handled.

StudioError
├── ConfigError            a setting is invalid: shown on the open form, else stderr and exit code 2
│   ├── NoCredentials      no token is set: the form to connect opens
│   └── TokenOriginChanged a project redirects the token: asks for confirmation, default No
├── ReadOnly               a write was requested in a read-only dashboard
├── TransportError         no response: data becomes stale, one shared probe retries forever
│   ├── RequestTimedOut    no response in time
│   └── NotSent            Studio cannot have the whole request: safe to send again
│       └── NoFreeConnection  the other requests had all connections: no sign of an outage
├── StatusError            Studio responded with an error status
│   ├── AuthenticationError   401: all polling stops, the form for another token opens
│   ├── PermissionDenied      403: only this list is refused, and retried after minutes
│   ├── NotFound              404
│   ├── InvalidRequest        other 4xx, or found before sending: the request is wrong
│   ├── RateLimited           429: pause for `retry_after`
│   └── ServerError           5xx
├── OutcomeUnknown         a write may or may not have taken effect: refresh, then report
├── ProtocolError          the response does not match the API document
│   ├── AnswerTooLarge     the response exceeds the size limit: request less
│   └── BrokenAnswer       the response was truncated or duplicated in transit: request again
└── SpoolError             a log cannot be cached on, or read from, this machine's disk

`str(error)` of each is a text for the user, of one sentence or more. Functions that parse what the
user typed have exceptions of their own, such as `CronError`, which their callers handle. Any other
exception that reaches a screen is a bug.
"""


class StudioError(Exception):
    """An error that is handled as the tree above says."""

    retry_after = 0.0
    """Seconds, 0 to 300, that Studio asks to wait before the next request."""


class ConfigError(StudioError):
    """A setting, a file named by the user, or the local Studio cannot be used."""


class NoCredentials(ConfigError):  # noqa: N818 (the name is the condition)
    """No token is set anywhere."""


class TokenOriginChanged(ConfigError):  # noqa: N818
    """A project's own configuration would send the user's token to another Studio.

    If the user confirms, the settings are loaded again with `url` as an argument, which takes
    precedence over every file.
    """

    def __init__(self, message: str, *, url: str, trusted_url: str) -> None:
        super().__init__(message)
        self.url = url
        self.trusted_url = trusted_url
        """The URL that would be used without the project's configuration."""


class ReadOnly(StudioError):  # noqa: N818
    """A write was not sent, because the settings allow only reading."""


NO_ANSWER = "no answer"
"""`TransportError.brief` if Studio may be running but does not respond."""


class TransportError(StudioError):
    """Studio could not be reached, or the connection broke before the response was complete."""

    def __init__(self, message: str, *, brief: str = "") -> None:
        super().__init__(message)
        self.brief = brief
        """The cause in a few words, such as `unknown host`; may be empty."""


class RequestTimedOut(TransportError):  # noqa: N818 (the name is the event)
    """Studio did not respond within the timeout."""

    def __init__(self, message: str) -> None:
        super().__init__(message, brief=NO_ANSWER)


class NotSent(TransportError):  # noqa: N818
    """Studio cannot have received the whole request, so it is safe to send it again.

    The cause may be on this machine, such as an attached file that cannot be read.
    """


class NoFreeConnection(NotSent):
    """The request waited too long for one of the connections, so Studio was not asked."""


class StatusError(StudioError):
    """Studio responded with an error status."""

    def __init__(self, status: int, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class AuthenticationError(StatusError):
    """401: the token is missing, wrong or expired."""


class PermissionDenied(StatusError):  # noqa: N818
    """403: the token does not permit the request, or not in this team."""

    def __init__(self, status: int, message: str, teams: tuple[str, ...] = ()) -> None:
        super().__init__(status, message)
        self.teams = teams
        """Names of the teams that the response lists as permitted, safe to draw."""


class NotFound(StatusError):  # noqa: N818
    """404: the requested item does not exist."""


class InvalidRequest(StatusError):  # noqa: N818
    """400, 409, 413, 422 and the like: Studio rejected the request.

    The status is 400 for a request that was found invalid before it was sent, and 200 for one that
    Studio refused with `ok: false`.
    """


class RateLimited(StatusError):  # noqa: N818
    """429: too many requests."""


class ServerError(StatusError):
    """5xx: Studio failed; a retry may succeed."""


class OutcomeUnknown(StudioError):  # noqa: N818
    """A write was sent without a clear response: it may or may not have taken effect."""


class ProtocolError(StudioError):
    """The response does not match the API document; the message says how it differs."""


class BrokenAnswer(ProtocolError):  # noqa: N818
    """The response contradicts itself, as if truncated or duplicated in transit: request again."""


class AnswerTooLarge(ProtocolError):  # noqa: N818
    """The response exceeds the size limit; requesting less may help."""


class SpoolError(StudioError):
    """A log cannot be cached on, or read from, this machine's disk."""
