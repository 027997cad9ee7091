"""What one request asks and what its answer holds, before any meaning is read into it."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds allowed for each part of a request, and for the whole."""

    connect: float = 10.0
    read: float = 20.0
    write: float = 20.0
    pool: float = 10.0
    whole: float = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Studio."""

    method: str
    path: str
    """Under `/api`, each parameter already a quoted segment."""
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterable[bytes] | None = None
    """A stream must be able to start over, in case the token's scheme is refused."""
    changes: bool = False
    """Whether a failure after sending leaves it unknown what Studio did."""
    deadline: float | None = None
    """Seconds for the whole, instead of the usual ones."""
    skip: int = 0
    """Bytes at the start of a 200 answer that are not wanted, unless it is JSON."""
    last: int | None = None
    """Bytes at the end of such an answer that are wanted; the others are let go as they come."""
    may_cut: bool = False
    """Whether an answer that is too large is cut, and not an error."""
    accepted: frozenset[int] = frozenset()
    """Statuses beside 2xx that are answers and not errors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with a good status."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes
    """Inflated; untrusted."""
    length: int
    """Bytes read, the skipped ones included."""
    is_cut: bool = False
    """Whether more followed that was not read."""

    @property
    def is_json(self) -> bool:
        """Whether Studio says that the body is JSON."""
        return self.headers.get("Content-Type", "").startswith("application/json")
