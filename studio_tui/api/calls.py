"""Record of a finished request, for the activity list; never includes the token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its outcome."""

    started_at: datetime
    """Start time."""
    method: str
    path: str
    """Under `/api`."""
    outcome: str
    """The status code, an exception's class name, or `canceled`."""
    ms: float
    """Milliseconds until the complete response was read."""
    query: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    """Whether the request changes something in Studio."""
    reason: str = ""
    """Why it failed, as a sentence; safe to draw. Empty if it succeeded."""
    body: bytes = field(default=b"", repr=False)
    """Body of a request that changes something; may contain secrets. Empty for other requests."""


_NOTHING_NEW = {"304", "416"}
"""Statuses that mean that a log has nothing new: it is unchanged (304), or not longer (416)."""


def is_success(outcome: str) -> bool:
    """Whether the outcome of a `Call` means that Studio did what was requested."""
    return outcome.startswith("2") or outcome in _NOTHING_NEW
