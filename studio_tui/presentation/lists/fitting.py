"""Lists in a question: as many lines as fit, and how many more there are."""

from collections.abc import Sequence

LEAST = 3
"""Lines that are listed however little room there is; the rest is a scroll away."""


def fitting(lines: Sequence[str], room: int) -> tuple[str, ...]:
    """Return as many lines as fit into `room` rows, the last of which counts what is left out."""
    room = max(LEAST, room)
    if len(lines) <= room:
        return tuple(lines)
    shown = room - 1
    return (*lines[:shown], f"  and {len(lines) - shown:,} more")
