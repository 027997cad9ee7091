"""What can go wrong between Studio and the screen; the type of an error carries its policy.

StudioError
├── ConfigError            url, token or team unusable: said on stderr before a screen opens, exit 2
│   ├── NoCredentials      nothing says who the user is: the first-run screen opens
│   └── TokenOriginChanged a project sends the token elsewhere: asked about, default No
├── ReadOnly               a write was asked of a dashboard that may only look
├── TransportError         no answer: what is shown goes stale, one probe for all asks for ever
│   ├── RequestTimedOut    no answer in time
│   └── NotSent            the request never left: safe to send again
├── StatusError            Studio answered, and refused
│   ├── AuthenticationError   401: everything stops, one banner
│   ├── PermissionDenied      403: this panel is asked again after minutes
│   ├── NotFound              404
│   ├── InvalidRequest        other 4xx: the message belongs to what was sent
│   ├── RateLimited           429: rest for `retry_after`
│   └── ServerError           5xx
├── OutcomeUnknown         a write may or may not have taken effect: read again, then say
├── ProtocolError          the answer is not what the API document says
│   ├── AnswerTooLarge     it is longer than is read: less is asked for
│   └── BrokenAnswer       it was cut or doubled on its way: asked again
└── SpoolError             a log cannot be kept on, or read from, this machine's disk

`str(error)` of each is a sentence fit for the user. Anything else that is raised is a bug.
"""


class StudioError(Exception):
    """Base of every error that code below the screens may raise."""

    retry_after: float | None = None
    """Seconds for which Studio asks to be left alone; `None` where it asks for nothing."""

    @property
    def asked_rest(self) -> float:
        """Seconds for which nothing is to be asked; 0 where Studio asks for none."""
        return self.retry_after or 0.0


class ConfigError(StudioError):
    """The settings cannot be used; the sentence says which and what to do."""


class NoCredentials(ConfigError):  # noqa: N818 (reads as what is the case)
    """No token is set anywhere, so there is nobody to be at Studio."""


class TokenOriginChanged(ConfigError):  # noqa: N818
    """A project's own configuration would send the user's token to another Studio.

    A front end asks, default No; a yes is to load the settings again with `url` as an argument,
    because what the user says outranks every file.
    """

    def __init__(self, message: str, *, url: str, trusted_url: str) -> None:
        super().__init__(message)
        self.url = url
        """Where the project wants the token to go."""
        self.trusted_url = trusted_url
        """Where the token goes without the project's configuration."""


class ReadOnly(StudioError):  # noqa: N818
    """A write was asked for and not sent, because the settings allow only reading."""


class TransportError(StudioError):
    """Studio could not be reached, or the connection broke before the whole answer came."""

    def __init__(self, message: str, *, brief: str = "") -> None:
        super().__init__(message)
        self.brief = brief
        """The cause in a few words, where it is none that passes by itself: `not trusted`."""


class RequestTimedOut(TransportError):  # noqa: N818 (reads as what happened)
    """Studio did not answer within the deadline."""


class NotSent(TransportError):  # noqa: N818
    """The request cannot have reached Studio, so sending it again is safe."""


class StatusError(StudioError):
    """Studio answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status code."""


class AuthenticationError(StatusError):
    """401: the token is missing, wrong or expired."""


class PermissionDenied(StatusError):  # noqa: N818
    """403: the token may not do this, or not in this team."""

    def __init__(self, status: int, message: str, teams: tuple[str, ...] = ()) -> None:
        super().__init__(status, message)
        self.teams = teams
        """Names of teams that the answer offers instead, safe to draw."""


class NotFound(StatusError):  # noqa: N818
    """404: Studio does not know what was asked for."""


class InvalidRequest(StatusError):  # noqa: N818
    """400, 409, 413, 422 and the like: Studio understood and refused what was sent."""


class RateLimited(StatusError):  # noqa: N818
    """429: too many requests."""

    def __init__(self, status: int, message: str, retry_after: float | None) -> None:
        super().__init__(status, message)
        self.retry_after = retry_after
        """Seconds to rest, 0 to 300; `None` when Studio did not say."""


class ServerError(StatusError):
    """5xx: Studio failed; it may work later."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(status, message)
        self.retry_after = retry_after
        """Seconds to rest, 0 to 300; `None` when Studio did not say."""


class OutcomeUnknown(StudioError):  # noqa: N818
    """A write was sent and no answer came: it may or may not have taken effect."""


class ProtocolError(StudioError):
    """The answer is not what the API document describes; the sentence says where."""


class BrokenAnswer(ProtocolError):  # noqa: N818
    """The answer is not what it says it is, as if it was cut or doubled on its way: ask again."""


class AnswerTooLarge(ProtocolError):  # noqa: N818
    """The answer is longer than is read; asking for less may help."""


class SpoolError(StudioError):
    """A log cannot be kept on, or read back from, this machine's disk."""
