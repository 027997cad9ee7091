"""Leads the lines between two layers: which may run as one, and on which row each turns.

Lines run as one (a net) only where each source of the net is a parent of each of its targets, so
that whoever follows a line along any branch ends where an edge does. Nets cross, but never share a
cell otherwise.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from studio_tui.presentation.pipelines.drawing.columns import spread
from studio_tui.presentation.pipelines.drawing.layers import Layers

_PITCH = 2
"""Columns from one line to the next at the same side of a node."""


@dataclass(slots=True)
class Net:
    """Lines that run as one: from each of the sources to each of the targets."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    tops: list[int] = field(default_factory=list)
    """Columns in which it leaves the sources."""
    bottoms: list[int] = field(default_factory=list)
    """Columns in which it enters the targets."""
    jog: int | None = None
    """The column in which it goes on to a second row, where one does not suffice."""
    row: int = 0
    """Where it turns, counted from the row below the sources."""
    low_row: int = 0
    """Where it turns the second time, for one with a jog."""

    @property
    def is_straight(self) -> bool:
        """Whether it does not turn at all."""
        return len(self.tops) == len(self.bottoms) == 1 and self.tops == self.bottoms


@dataclass(slots=True)
class Channel:
    """The nets between a layer and the next, and how many rows they take."""

    nets: list[Net]
    height: int = 1


def nets_of(layers: Layers, row: Sequence[int]) -> list[Net]:
    """Return the nets below a row, as few as are easily found.

    Each edge goes to the net of one of its ends, the one with more edges; nets of the same other
    ends are one. A joint has one line above and one below, so its edges are never parted.
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
    """Return how many lines each vertex has at the side that has more."""
    above, below = [0] * vertices, [0] * vertices
    for nets in channels:
        for net in nets:
            for source in net.sources:
                below[source] += 1
            for target in net.targets:
                above[target] += 1
    return [max(pair) for pair in zip(above, below, strict=True)]


def routed(nets: list[Net], middle: Sequence[int], widths: Sequence[int]) -> Channel:
    """Return the nets of a channel with their columns and rows."""
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
    """Give each net its own column at each vertex, opposite to its other end if it can be."""
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
            if at_top and widths[net.targets[0]] > 1:  # which has room to come closer itself
                continue
        ports.sort()
        wanted = []
        for mean, number, _ in ports:
            is_single = len(nets[number].bottoms if at_top else nets[number].tops) == 1
            is_opposite = is_single and left <= mean <= right
            wanted.append(mean if is_opposite else middle[vertex])
        offsets = range(0, _PITCH * len(ports), _PITCH)
        for place, offset, (_, number, index) in zip(
            spread(wanted, [1.0] * len(ports), offsets), offsets, ports, strict=True
        ):
            column = min(max(place, left + offset), right - offsets[-1] + offset)
            columns = nets[number].tops if at_top else nets[number].bottoms
            columns[index] = column


def _choose_rows(channel: Channel) -> None:
    """Let each net turn on a row on which nothing else is, the first that is low enough.

    A net that leaves a column turns above the net that enters the same column. Where that goes
    round in a circle, one net of it goes by a jog.
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
    """Sort nets so that those that go the same way do not cross: the foremost turns first."""
    goes_right = sum(net.bottoms) * len(net.tops) > sum(net.tops) * len(net.bottoms)
    return (0, -max(net.tops)) if goes_right else (1, min(net.tops))


def _reach(columns: Sequence[int]) -> tuple[int, int]:
    return min(columns), max(columns)


def _free_column(net: Net, used: set[int]) -> int:
    """Return a column that no line enters or leaves, near to the net, and use it."""
    left, right = _reach(net.tops + net.bottoms)
    middle = (left + right) // 2
    steps = (middle + sign * step for step in range(len(used) + 2) for sign in (1, -1))
    column = next(column for column in steps if column >= 0 and column not in used)
    used.add(column)
    return column


class _Rows:
    """The rows of a channel and what is taken of each."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[int, int]]] = []

    def take(self, least: int, left: int, right: int) -> int:
        """Return the first row from `least` on where the columns are free, and take them."""
        for number in range(least, len(self.rows)):
            if all(right + 1 < begin or end + 1 < left for begin, end in self.rows[number]):
                break
        else:
            number = max(least, len(self.rows))
            while len(self.rows) <= number:
                self.rows.append([])
        self.rows[number].append((left, right))
        return number
