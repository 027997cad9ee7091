"""Truncation of lists of lines."""

from collections.abc import Sequence


def fit_lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Return at most `most` lines: all, or the first ones and the number of the others."""
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"  and {len(lines) - most + 1:,} more")
