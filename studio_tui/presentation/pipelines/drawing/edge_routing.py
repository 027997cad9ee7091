"""Routes the edges between two layers: which edges are merged, and on which row each turns.

The words are those of channel routing in circuit design. Each source of a net is a parent of each
of its targets, so any path along its lines is an edge. Nets share a cell only where they cross.
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
    """Edges drawn as connected lines: from each of the sources to each of the targets."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    tops: list[int] = field(default_factory=list)
    """Columns where it leaves the sources."""
    bottoms: list[int] = field(default_factory=list)
    """Columns where it enters the targets."""
    jog: int | None = None
    """Column of its vertical line between two turns; `None` if it has no second turn."""
    row: int = 0
    """Row of the first turn, counted from the row below the sources."""
    low_row: int = 0
    """Row of the second turn below the jog, if it has one."""

    @property
    def is_straight(self) -> bool:
        return len(self.tops) == len(self.bottoms) == 1 and self.tops == self.bottoms


@dataclass(slots=True)
class Channel:
    """The nets between a layer and the next, and the number of rows they need."""

    nets: list[Net]
    height: int = 1


def nets_of(layers: Layers, row: Sequence[int]) -> list[Net]:
    """Return the nets below a row of vertices; their number is small, but not always minimal.

    An edge belongs to its source if the source has at least as many edges below as the target has
    above, else to its target. But several edges on one side of a joint always belong to the joint,
    as they are drawn as one line there. The edges that belong to a vertex are a net; nets with
    equal opposite ends are merged.
    """
    by_source: dict[int, list[int]] = {}
    by_target: dict[int, list[int]] = {}
    node_count, parents, children = layers.node_count, layers.parents, layers.children
    for source in row:
        below = children[source]
        for target in below:
            if source >= node_count and len(below) > 1:
                is_of_source = True
            elif target >= node_count and len(parents[target]) > 1:
                is_of_source = False
            else:
                is_of_source = len(below) >= len(parents[target])
            if is_of_source:
                by_source.setdefault(source, []).append(target)
            else:
                by_target.setdefault(target, []).append(source)
    owners_by_ends: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    for source, targets in by_source.items():
        owners_by_ends.setdefault((tuple(targets), True), []).append(source)
    for target, sources in by_target.items():
        owners_by_ends.setdefault((tuple(sources), False), []).append(target)
    return [
        Net(tuple(owners), others) if are_owners_sources else Net(others, tuple(owners))
        for (others, are_owners_sources), owners in owners_by_ends.items()
    ]


def lines_at(channels: Iterable[Sequence[Net]], vertices: int) -> list[int]:
    """Return for each vertex the number of nets above it or below it, whichever is larger."""
    above, below = [0] * vertices, [0] * vertices
    for nets in channels:
        for net in nets:
            for source in net.sources:
                below[source] += 1
            for target in net.targets:
                above[target] += 1
    return [max(pair) for pair in zip(above, below, strict=True)]


def route_edges(nets: list[Net], middle: Sequence[int], widths: Sequence[int]) -> Channel:
    """Assign columns and rows to the nets between two layers; `middle` has columns of vertices."""
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
    """Assign each net a column at each of its sources (`at_top`) or targets.

    A net with a single opposite end gets the column of that end, if the vertex is wide enough.
    """
    # By vertex: the mean column of the other ends, the index of the net, and that of the vertex
    # among its sources or targets.
    ports_at: dict[int, list[tuple[float, int, int]]] = {}
    for number, net in enumerate(nets):
        ends, others = (net.sources, net.bottoms) if at_top else (net.targets, net.tops)
        mean = sum(others) / len(others)
        for index, end in enumerate(ends):
            ports_at.setdefault(end, []).append((mean, number, index))
    for vertex, ports in ports_at.items():
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
        for position, offset, (_, number, index) in zip(
            spread(ideal, [1.0] * len(ports), offsets), offsets, ports, strict=True
        ):
            column = min(max(position, left + offset), right - offsets[-1] + offset)
            columns = nets[number].tops if at_top else nets[number].bottoms
            columns[index] = column


def _choose_rows(channel: Channel) -> None:
    """Assign each net the first free row that is low enough.

    A net that leaves a vertex in some column must turn above the net that enters another vertex
    there. If cycles of these conditions leave no net to place, the most urgent one gets a jog.
    """
    nets = [net for net in channel.nets if not net.is_straight]
    net_entering = {column: number for number, net in enumerate(nets) for column in net.bottoms}
    must_be_below: list[set[int]] = []
    nets_above = [0] * len(nets)
    for number, net in enumerate(nets):
        lower_nets = {net_entering[column] for column in net.tops if column in net_entering}
        lower_nets.discard(number)
        must_be_below.append(lower_nets)
        for other in lower_nets:
            nets_above[other] += 1
    rows: list[list[tuple[int, int]]] = []
    used_columns: set[int] = set()
    first_row = [0] * len(nets)
    urgency = [_urgency(net) for net in nets]
    ready = [(urgency[number], number) for number in range(len(nets)) if not nets_above[number]]
    heapq.heapify(ready)
    unplaced = dict.fromkeys(sorted(range(len(nets)), key=urgency.__getitem__))
    while unplaced:
        if ready:
            number = heapq.heappop(ready)[1]
            net = nets[number]
            del unplaced[number]
            if net.jog is None:
                net.row = turn = _reserve(rows, first_row[number], *_extent(net.tops + net.bottoms))
            else:
                # The first turn was placed together with the jog. At that time, the nets that must
                # be below were released.
                net.low_row = _reserve(rows, first_row[number], *_extent([net.jog, *net.bottoms]))
                continue
        else:
            number = next(number for number in unplaced if nets[number].jog is None)
            net = nets[number]
            used_columns = used_columns or {
                column for other in channel.nets for column in (*other.tops, *other.bottoms)
            }
            net.jog = _free_column(net, used_columns)
            net.row = turn = _reserve(rows, 0, *_extent([*net.tops, net.jog]))
            first_row[number] = max(first_row[number], turn + 1)
        for other in must_be_below[number]:
            first_row[other] = max(first_row[other], turn + 1)
            nets_above[other] -= 1
            if not nets_above[other]:
                heapq.heappush(ready, (urgency[other], other))
    channel.height = max(1, len(rows))


def _urgency(net: Net) -> tuple[int, int]:
    """Return a sort key by which nets that lead in the same direction do not cross."""
    goes_right = sum(net.bottoms) * len(net.tops) > sum(net.tops) * len(net.bottoms)
    return (0, -max(net.tops)) if goes_right else (1, min(net.tops))


def _extent(columns: Sequence[int]) -> tuple[int, int]:
    return min(columns), max(columns)


def _free_column(net: Net, used: set[int]) -> int:
    """Reserve and return the column closest to the middle of the net that is not in `used`."""
    left, right = _extent(net.tops + net.bottoms)
    middle = (left + right) // 2
    steps = (middle + sign * step for step in range(len(used) + 2) for sign in (1, -1))
    column = next(column for column in steps if column >= 0 and column not in used)
    used.add(column)
    return column


def _reserve(rows: list[list[tuple[int, int]]], first_row: int, left: int, right: int) -> int:
    """Reserve columns and a gap in the first free row from `first_row` on; return the row.

    `rows` has the reserved first and last columns of each row.
    """
    number = first_row
    while number < len(rows) and any(
        begin <= right + 1 and left - 1 <= end for begin, end in rows[number]
    ):
        number += 1
    rows += ([] for _ in range(number + 1 - len(rows)))
    rows[number].append((left, right))
    return number
