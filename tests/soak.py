"""Size of long tests: small in the suite, full in `make soak`."""

import os
from collections.abc import Iterable
from itertools import product
from typing import Any, TypeVar

T = TypeVar("T")

SOAK = bool(os.environ.get("STUDIO_TUI_SOAK"))
"""Whether this is a soak run."""


def seeds(few: int, many: int) -> range:
    """Return seeds from 1 on: as many as `STUDIO_TUI_SEEDS`, else `few`, in a soak run `many`."""
    variable = os.environ.get("STUDIO_TUI_SEEDS")
    return range(1, 1 + (int(variable) if variable else at_length(few, many)))


def at_length(few: T, many: T) -> T:
    """Return `few` in the suite and `many` in a soak run."""
    return many if SOAK else few


def combinations(*axes: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return all combinations of the values in a soak run, and a few with each value in the suite.

    In the suite, the values of shorter axes are repeated.
    """
    values = [tuple(axis) for axis in axes]
    if SOAK:
        return list(product(*values))
    count = max(map(len, values))
    return [tuple(axis[index % len(axis)] for axis in values) for index in range(count)]
