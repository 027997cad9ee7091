"""Record of one attempt to send a request, for the activity list; without the token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt to send a request; a refused scheme leads to a second attempt."""

    started_at: datetime
    method: str
    path: str
    """Below `/api`."""
    outcome: str
    """The status code, an exception's class name, or `canceled`."""
    ms: float
    """Milliseconds until the complete response was read, or the attempt failed."""
    query: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    reason: str = ""
    """Why the attempt failed, as a sentence, or the `id_in_answer` of a command; safe to draw."""
    body: bytes = field(default=b"", repr=False)
    """Body of a request that changes something, or `Request.recorded`; may contain secrets."""


_NOTHING_NEW = {"304", "416"}
"""A log that is unchanged (304), or not longer (416)."""


def is_success(outcome: str) -> bool:
    """Whether the outcome of a `Call` means that Studio did what was requested."""
    return outcome.startswith("2") or outcome in _NOTHING_NEW
