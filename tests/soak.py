"""Size of long proofs: small in the suite, full in `make soak`."""

import os
from collections.abc import Iterable
from itertools import product
from typing import Any, TypeVar

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


def combinations(*axes: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return as few combinations as have each value in the suite, and all in a soak run.

    The values of shorter axes begin again.
    """
    values = [tuple(axis) for axis in axes]
    if SOAK:
        return list(product(*values))
    count = max(map(len, values))
    return [tuple(axis[index % len(axis)] for axis in values) for index in range(count)]
