"""Formats a critical path on one line, with the longest jobs preferred when space is short.

`dedupe 6:12 ▸ embed ~9:58 ▸ … 3 more ▸ publish ~1:00`
"""

from collections.abc import Callable, Sequence

from studio_tui.presentation.format import duration
from studio_tui.presentation.pipelines.graph.critical import TO_RUN, Critical, weight
from studio_tui.presentation.pipelines.graph.view_model import ViewModel

_ARROW = " ▸ "
_ROOM = 100
"""Default maximum width of the text."""


def path_words(
    found: Critical, known: ViewModel, room: int = _ROOM, cells: Callable[[str], int] = len
) -> str:
    """Format the path from the last ended job on, with durations or estimates.

    The ended jobs before that one are counted.

    Jobs that do not fit in `room` cells, as measured by `cells`, are replaced by their number. The
    longest job is always named; then longer ones are preferred, and the ends among equals.
    """
    shown = known.statuses.shown
    ended = [index for index, node_id in enumerate(found.path) if shown[node_id] not in TO_RUN]
    is_over = len(ended) == len(found.path)
    skipped = 0 if is_over or not ended else ended[-1]
    remaining = found.path[skipped:]
    before = f"… {skipped} before{_ARROW}" if skipped else ""
    steps = [_step(node_id, known) for node_id in remaining]
    seconds = [own.whole if (own := weight(known.plan.nodes[each], known)) else 0.0
               for each in remaining]  # fmt: skip
    chosen: set[int] = set()
    for index in _by_preference(seconds):
        more = before + _join_steps(steps, chosen | {index})
        if not chosen or cells(more) <= room:
            chosen.add(index)
    return before + _join_steps(steps, chosen)


def _by_preference(seconds: Sequence[float]) -> list[int]:
    """Return the indexes of a path's jobs in order of preference."""
    ends = (len(seconds) - 1, 0)
    return sorted(
        range(len(seconds)), key=lambda index: (-seconds[index], index not in ends, index)
    )


def _join_steps(steps: Sequence[str], chosen: set[int]) -> str:
    """Join the chosen steps in order, with the number of omitted ones between them."""
    parts: list[str] = []
    left_out = 0
    for index, step in enumerate(steps):
        if index not in chosen:
            left_out += 1
            continue
        parts += [f"… {left_out} more"] * (left_out > 0) + [step]
        left_out = 0
    parts += [f"… {left_out} more"] * (left_out > 0)
    return _ARROW.join(parts)


def _step(node_id: str, known: ViewModel) -> str:
    """Return a job's name with its duration or estimate."""
    node = known.plan.nodes[node_id]
    own = weight(node, known)
    if own is None:
        return f"{node.name} ?"
    is_told = known.statuses.shown[node_id] not in TO_RUN
    if is_told and not own.whole:
        return node.name
    return f"{node.name} {'' if is_told else '~'}{duration(own.whole)}"
