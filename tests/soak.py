"""How much of a long proof is run: a little of it in the suite, all of it by `make soak`."""

import os
from typing import TypeVar

T = TypeVar("T")

SOAK = bool(os.environ.get("STUDIO_TUI_SOAK"))
"""Whether there are minutes to spare."""


def seeds(few: int, many: int) -> range:
    """Return seeds from 1 on: `few` in the suite, or as many as `STUDIO_TUI_SEEDS` names."""
    named = os.environ.get("STUDIO_TUI_SEEDS")
    return range(1, 1 + (int(named) if named else many if SOAK else few))


def at_length(few: T, many: T) -> T:
    """Return `few` in the suite and `many` in a soak."""
    return many if SOAK else few
