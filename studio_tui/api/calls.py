"""What is told of a request once it has ended: never its token, and a body only of what changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and how it ended."""

    at: datetime
    """When it began."""
    method: str
    path: str
    """Under `/api`."""
    outcome: str
    """The status, the name of an error, or `cancelled`."""
    ms: float
    """Milliseconds until the whole answer was there."""
    query: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    """Whether it asked Studio to change something."""
    body: bytes = field(default=b"", repr=False)
    """What was sent with a request that changes something; may hold secrets."""

    @property
    def is_good(self) -> bool:
        """Whether Studio did what was asked."""
        return self.outcome.startswith("2")
