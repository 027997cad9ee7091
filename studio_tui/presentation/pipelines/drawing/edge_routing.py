"""Routes the edges between two layers: which are merged, and on which row each turns.

Edges are merged into a net only if each source of the net is a parent of each of its targets, so
that following any branch ends at an actual edge. Nets may cross, but never share a cell otherwise.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from studio_tui.presentation.pipelines.drawing.columns import spread
from studio_tui.presentation.pipelines.drawing.layers import Layers

_PITCH = 2
"""Distance in columns between lines at the same side of a node."""


@dataclass(slots=True)
class Net:
    """Merged lines: from each of the sources to each of the targets."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    tops: list[int] = field(default_factory=list)
    """Columns where it leaves the sources."""
    bottoms: list[int] = field(default_factory=list)
    """Columns where it enters the targets."""
    jog: int | None = None
    """The column that connects to a second row, if one row is not sufficient."""
    row: int = 0
    """Row where it turns, counted from the row below the sources."""
    low_row: int = 0
    """Row of the second turn, if it has a jog."""

    @property
    def is_straight(self) -> bool:
        """Whether it has no turns."""
        return len(self.tops) == len(self.bottoms) == 1 and self.tops == self.bottoms


@dataclass(slots=True)
class Channel:
    """The nets between a layer and the next, and the number of rows they need."""

    nets: list[Net]
    height: int = 1


def nets_of(layers: Layers, row: Sequence[int]) -> list[Net]:
    """Return the nets below a row; a greedy approximation of the minimum.

    Each edge is assigned to the net of the end that has more edges; then nets with equal opposite
    ends are merged. A joint has one line above and one below, so its edges are never split.
    """
    by_source: dict[int, list[int]] = {}
    by_target: dict[int, list[int]] = {}
    size, parents, children = layers.size, layers.parents, layers.children
    for source in row:
        below = children[source]
        for target in below:
            if source >= size and len(below) > 1:
                is_sources = True
            elif target >= size and len(parents[target]) > 1:
                is_sources = False
            else:
                is_sources = len(below) >= len(parents[target])
            if is_sources:
                by_source.setdefault(source, []).append(target)
            else:
                by_target.setdefault(target, []).append(source)
    alike: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    for source, targets in by_source.items():
        alike.setdefault((tuple(targets), True), []).append(source)
    for target, sources in by_target.items():
        alike.setdefault((tuple(sources), False), []).append(target)
    return [
        Net(tuple(owners), others) if are_sources else Net(others, tuple(owners))
        for (others, are_sources), owners in alike.items()
    ]


def lines_at(channels: Iterable[Sequence[Net]], vertices: int) -> list[int]:
    """Return for each vertex the maximum number of lines on either side."""
    above, below = [0] * vertices, [0] * vertices
    for nets in channels:
        for net in nets:
            for source in net.sources:
                below[source] += 1
            for target in net.targets:
                above[target] += 1
    return [max(pair) for pair in zip(above, below, strict=True)]


def route_edges(nets: list[Net], middle: Sequence[int], widths: Sequence[int]) -> Channel:
    """Return the channel of some nets, with columns and rows assigned."""
    for net in nets:
        net.tops = [middle[source] for source in net.sources]
        net.bottoms = [middle[target] for target in net.targets]
    _choose_ports(nets, middle, widths, at_top=True)
    _choose_ports(nets, middle, widths, at_top=False)
    channel = Channel(nets)
    _choose_rows(channel)
    return channel


def _choose_ports(
    nets: Sequence[Net], middle: Sequence[int], widths: Sequence[int], *, at_top: bool
) -> None:
    """Assign a column to each net at each vertex, opposite to its other end if possible."""
    at: dict[int, list[tuple[float, int, int]]] = {}  # other end, number of the net and of the end
    for number, net in enumerate(nets):
        ends, others = (net.sources, net.bottoms) if at_top else (net.targets, net.tops)
        mean = sum(others) / len(others)
        for index, end in enumerate(ends):
            at.setdefault(end, []).append((mean, number, index))
    for vertex, ports in at.items():
        left = middle[vertex] - widths[vertex] // 2
        right = left + widths[vertex] - 1
        if len(ports) == 1:
            net = nets[ports[0][1]]
            if len(net.sources) > 1 or len(net.targets) > 1:
                continue
            if at_top and widths[net.targets[0]] > 1:
                # The other end can be shifted instead.
                continue
        ports.sort()
        ideal = []
        for mean, number, _ in ports:
            is_single = len(nets[number].bottoms if at_top else nets[number].tops) == 1
            is_opposite = is_single and left <= mean <= right
            ideal.append(mean if is_opposite else middle[vertex])
        offsets = range(0, _PITCH * len(ports), _PITCH)
        for place, offset, (_, number, index) in zip(
            spread(ideal, [1.0] * len(ports), offsets), offsets, ports, strict=True
        ):
            column = min(max(place, left + offset), right - offsets[-1] + offset)
            columns = nets[number].tops if at_top else nets[number].bottoms
            columns[index] = column


def _choose_rows(channel: Channel) -> None:
    """Assign each net the first free row that is low enough.

    A net that leaves a column turns above the net that enters the same column. To break a cycle,
    one net of it gets a jog.
    """
    nets = [net for net in channel.nets if not net.is_straight]
    enters = {column: number for number, net in enumerate(nets) for column in net.bottoms}
    below: list[set[int]] = []
    waits = [0] * len(nets)
    for number, net in enumerate(nets):
        lower = {enters[column] for column in net.tops if column in enters} - {number}
        below.append(lower)
        for other in lower:
            waits[other] += 1
    taken = _Rows()
    used: set[int] = set()
    least = [0] * len(nets)
    urgency = [_urgency(net) for net in nets]
    ready = [(urgency[number], number) for number in range(len(nets)) if not waits[number]]
    heapq.heapify(ready)
    left = dict.fromkeys(sorted(range(len(nets)), key=urgency.__getitem__))
    while left:
        if ready:
            number = heapq.heappop(ready)[1]
            net = nets[number]
            del left[number]
            if net.jog is None:
                net.row = last = taken.take(least[number], *_reach(net.tops + net.bottoms))
            else:
                net.low_row = taken.take(least[number], *_reach([net.jog, *net.bottoms]))
                continue
        else:
            number = next(number for number in left if nets[number].jog is None)
            net = nets[number]
            used = used or {c for other in channel.nets for c in (*other.tops, *other.bottoms)}
            net.jog = _free_column(net, used)
            net.row = last = taken.take(0, *_reach([*net.tops, net.jog]))
            least[number] = max(least[number], last + 1)
        for other in below[number]:
            least[other] = max(least[other], last + 1)
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, (urgency[other], other))
    channel.height = max(1, len(taken.rows))


def _urgency(net: Net) -> tuple[int, int]:
    """Return a sort key that avoids crossings of nets in the same direction: foremost first."""
    goes_right = sum(net.bottoms) * len(net.tops) > sum(net.tops) * len(net.bottoms)
    return (0, -max(net.tops)) if goes_right else (1, min(net.tops))


def _reach(columns: Sequence[int]) -> tuple[int, int]:
    return min(columns), max(columns)


def _free_column(net: Net, used: set[int]) -> int:
    """Reserve and return a column without line ends, close to the net."""
    left, right = _reach(net.tops + net.bottoms)
    middle = (left + right) // 2
    steps = (middle + sign * step for step in range(len(used) + 2) for sign in (1, -1))
    column = next(column for column in steps if column >= 0 and column not in used)
    used.add(column)
    return column


class _Rows:
    """The rows of a channel and the reserved parts of each."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[int, int]]] = []

    def take(self, least: int, left: int, right: int) -> int:
        """Reserve the columns in the first free row from `least` on, and return the row."""
        for number in range(least, len(self.rows)):
            if all(right + 1 < begin or end + 1 < left for begin, end in self.rows[number]):
                break
        else:
            number = max(least, len(self.rows))
            while len(self.rows) <= number:
                self.rows.append([])
        self.rows[number].append((left, right))
        return number
