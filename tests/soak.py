"""Size of long proofs: small in the suite, full in `make soak`."""

import os
from typing import TypeVar

T = TypeVar("T")

SOAK = bool(os.environ.get("STUDIO_TUI_SOAK"))
"""Whether this is a soak run."""


def seeds(few: int, many: int) -> range:
    """Return seeds from 1 on: `few` in the suite, otherwise `many` or `STUDIO_TUI_SEEDS`."""
    named = os.environ.get("STUDIO_TUI_SEEDS")
    return range(1, 1 + (int(named) if named else many if SOAK else few))


def at_length(few: T, many: T) -> T:
    """Return `few` in the suite and `many` in a soak run."""
    return many if SOAK else few
