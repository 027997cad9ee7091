"""The path that decides when a pipeline ends, in words on one line: what takes longest comes first.

`dedupe 6:12 ▸ embed ~9:58 ▸ … 3 more ▸ publish ~1:00`
"""

from collections.abc import Callable, Iterator, Sequence

from studio_tui.presentation.format import duration
from studio_tui.presentation.pipelines.graph.critical import TO_RUN, Critical, weight
from studio_tui.presentation.pipelines.graph.view_model import Known

_ARROW = " ▸ "
_ROOM = 100
"""Cells that the words of a path may take where nothing else is said."""


def path_words(
    found: Critical, known: Known, room: int = _ROOM, cells: Callable[[str], int] = len
) -> str:
    """Return the path from the last job that has ended, with what each took or is to take.

    Of what has no room in as many cells as `cells` counts, it says how many jobs there are and
    where they stand. The longest is always named, then the last and the first, then the next
    longest ones.
    """
    shown = known.verdicts.shown
    ended = [index for index, node_id in enumerate(found.path) if shown[node_id] not in TO_RUN]
    is_over = len(ended) == len(found.path)
    ahead = found.path if is_over or not ended else found.path[ended[-1] :]
    steps = [_step(node_id, known) for node_id in ahead]
    seconds = [own.whole if (own := weight(known.plan.nodes[each], known)) else 0.0
               for each in ahead]  # fmt: skip
    chosen: set[int] = set()
    for index in _wanted(seconds):
        more = _joined(steps, chosen | {index})
        if not chosen or cells(more) <= room:
            chosen.add(index)
    return _joined(steps, chosen)


def _wanted(seconds: Sequence[float]) -> Iterator[int]:
    """Yield the places of a path's jobs, that which is to be named first before the others."""
    longest_first = sorted(range(len(seconds)), key=lambda index: -seconds[index])
    yield from longest_first[:1]
    yield from (len(seconds) - 1, 0) if seconds else ()
    yield from longest_first[1:]


def _joined(steps: Sequence[str], chosen: set[int]) -> str:
    """Return the chosen steps in their order, with the numbers of those between them."""
    said: list[str] = []
    left_out = 0
    for index, step in enumerate(steps):
        if index not in chosen:
            left_out += 1
            continue
        said += [f"… {left_out} more"] * (left_out > 0) + [step]
        left_out = 0
    said += [f"… {left_out} more"] * (left_out > 0)
    return _ARROW.join(said)


def _step(node_id: str, known: Known) -> str:
    """Return a job's name, with the seconds it took, or with about how many it is to take."""
    node = known.plan.nodes[node_id]
    own = weight(node, known)
    if own is None:
        return f"{node.name} ?"
    is_told = known.verdicts.shown[node_id] not in TO_RUN
    if is_told and not own.whole:
        return node.name
    return f"{node.name} {'' if is_told else '~'}{duration(own.whole)}"
