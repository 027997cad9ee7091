"""A request to Studio and its response, uninterpreted."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field

WHOLE_TIMEOUT = 30.0
"""Seconds for one attempt, unless the request has a `timeout`."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Below `/api`, with parameters already quoted."""
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterable[bytes] | None = None
    """An iterable must allow a second iteration, in case Studio refuses the token's scheme."""
    recorded: bytes = b""
    """JSON that is recorded instead of a body of another form."""
    changes: bool = False
    """Whether the request changes something, so that no clear answer means an unknown outcome."""
    timeout: float | None = None
    """In seconds, instead of `WHOLE_TIMEOUT`."""
    skip: int = 0
    """Number of leading bytes to drop from a 200 response that is not JSON."""
    last: int | None = None
    """Number of trailing bytes to return of a 200 response that is not JSON; `None` for all."""
    may_cut: bool = False
    """Whether a response that is too large is truncated instead of raising an error."""
    accepted: frozenset[int] = frozenset()
    """Statuses besides 2xx for which the response is returned, not an error raised."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response with a successful or accepted status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    """Decompressed. Untrusted."""
    length: int
    """Number of decompressed bytes read, including those that are not in `body`."""
    is_cut: bool = False
    """Whether `body` is truncated because the response is too large."""

    @property
    def is_json(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("application/json")
