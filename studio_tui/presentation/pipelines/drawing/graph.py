"""A top-down drawing of a graph with one-line boxes, rendered only where visible.

Callers draw the labels; the layout depends only on their widths, and on the nodes and edges.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from studio_tui.presentation.pipelines.drawing.columns import vertex_columns
from studio_tui.presentation.pipelines.drawing.edge_lines import (
    Edges,
    Highlight,
    StyledRun,
    edges_of,
    strokes,
    vertical,
)
from studio_tui.presentation.pipelines.drawing.edge_routing import (
    Channel,
    lines_at,
    nets_of,
    route_edges,
)
from studio_tui.presentation.pipelines.drawing.layers import Layers, assign_layers
from studio_tui.presentation.pipelines.graph.plan import parent_indexes, transitive_reduction

_PAD = "─"


class Box(NamedTuple):
    """The box of a node, one row high, and its label; `x` and `label_x` are left ends."""

    id: str
    x: int
    y: int
    width: int
    """More than `label_width` if the edges that meet the box need more."""
    label_x: int
    label_width: int


class Drawing:
    """Boxes and lines of a graph; positions are in cells, counted from 0 at the top left."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        layers: Layers,
        channels: Sequence[Channel],
        middle: Sequence[int],
    ) -> None:
        """Initialize with a layout of `draw`; `middle` has the column of each vertex."""
        self._layers = layers
        self._channels = channels
        self._middle = middle
        self._row_middles = [[middle[vertex] for vertex in row] for row in layers.rows]
        self._tops = _tops(channels) if boxes else []
        self._edges: dict[int, Edges] = {}
        self._ids = tuple(boxes)
        self._index = {node: index for index, node in enumerate(boxes)}
        self.boxes = boxes
        self.height = self._tops[-1] + 1 if boxes else 0
        ends = [box.x + box.width for box in boxes.values()]
        ends += [row[-1] + 1 for row in self._row_middles]
        ends += [net.jog + 1 for channel in channels for net in channel.nets if net.jog is not None]
        self.width = max(ends, default=0)

    def highlight(self, nodes: Iterable[str]) -> Highlight:
        """Return a highlight of nodes and the edges between them; unknown ids are ignored."""
        index = self._index
        return Highlight(self._layers, frozenset(index[node] for node in nodes if node in index))

    def line(
        self, y: int, x0: int, x1: int, lit: Highlight | None = None, heavy: Highlight | None = None
    ) -> list[StyledRun]:
        """Return the non-blank runs of row `y` in the columns `range(x0, x1)`.

        A partially visible box is returned as a whole.
        """
        if not 0 <= y < self.height:
            return []
        layer = bisect_right(self._tops, y) - 1
        if y == self._tops[layer]:
            return list(self._boxes_between(layer, x0, x1, lit, heavy))
        if layer not in self._edges:
            self._edges[layer] = edges_of(self._channels[layer], self._tops[layer] + 1)
        return strokes(self._edges[layer], y, range(x0, x1), lit, heavy)

    def node_at(self, x: int, y: int) -> str | None:
        """Return the node whose box contains the cell in column `x` of row `y`; `None` if none."""
        boxes = (each for each in self.boxes.values() if each.y == y)
        return next((box.id for box in boxes if box.x <= x < box.x + box.width), None)

    def neighbor(self, node: str, direction: str) -> str | None:
        """Return the closest node in a direction; `None` if there is none.

        By drawn edges, `up` leads to a parent and `down` to a child; `left` and `right` stay in the
        layer.
        """
        index = self._index[node]
        if direction in {"up", "down"}:
            adjacent = self._adjacent(index, up=direction == "up")
            own_middle = self._middle[index]
            closest = min(
                adjacent,
                key=lambda other: (abs(self._middle[other] - own_middle), other),
                default=None,
            )
            return None if closest is None else self._ids[closest]
        row = [
            vertex
            for vertex in self._layers.rows[self._layers.layer[index]]
            if vertex < len(self._ids)
        ]
        place = row.index(index) + (1 if direction == "right" else -1)
        return self._ids[row[place]] if 0 <= place < len(row) else None

    def _adjacent(self, index: int, *, up: bool) -> list[int]:
        ends = []
        for vertex in (self._layers.parents if up else self._layers.children)[index]:
            chain = self._layers.chain_of(vertex)
            if chain is None:
                ends.append(vertex)
            elif chain.is_source is up:
                # The joint is between the owner and this node, which is one of the other ends.
                ends.append(chain.owner)
            else:
                ends += chain.ends
        return ends

    def _boxes_between(
        self, layer: int, x0: int, x1: int, lit: Highlight | None, heavy: Highlight | None
    ) -> Iterator[StyledRun]:
        row, middles = self._layers.rows[layer], self._row_middles[layer]
        first = max(0, bisect_left(middles, x0) - 1)
        for vertex in row[first : bisect_left(middles, x1) + 1]:
            is_lit = lit is not None and lit.includes(vertex)
            is_heavy = heavy is not None and heavy.includes(vertex)
            if vertex >= self._layers.node_count:
                x = self._middle[vertex]
                if x0 <= x < x1:
                    yield StyledRun(x, 1, vertical(is_heavy=is_heavy), None, is_lit, is_heavy)
                continue
            box = self.boxes[self._ids[vertex]]
            if box.x + box.width <= x0 or box.x >= x1:
                continue
            before = box.label_x - box.x
            after = box.width - box.label_width - before
            if before:
                yield StyledRun(box.x, before, _PAD * before, box.id, is_lit, is_heavy)
            yield StyledRun(box.label_x, box.label_width, "", box.id, is_lit, is_heavy)
            if after:
                label_end = box.label_x + box.label_width
                yield StyledRun(label_end, after, _PAD * after, box.id, is_lit, is_heavy)


def draw(
    parents: Mapping[str, Sequence[str]], widths: Mapping[str, int], *, all_edges: bool = False
) -> Drawing:
    """Lay out a graph, given the parents and the label width in cells of each node.

    Edges from parents that follow the child are omitted; those from `redundant_parents` are drawn
    only if `all_edges`.
    """
    index = {node: number for number, node in enumerate(parents)}
    indexes = parent_indexes(parents)
    label_widths = [max(1, widths[node]) for node in parents]
    layers = assign_layers(indexes if all_edges else transitive_reduction(indexes))
    channels = [nets_of(layers, row) for row in layers.rows]
    lines = lines_at(channels, len(layers.layer))
    box_widths = [
        max(label, 2 * line_count - 1)
        for label, line_count in zip(
            label_widths + [1] * (len(lines) - len(label_widths)), lines, strict=True
        )
    ]
    middle = vertex_columns(layers, box_widths)
    routes = [route_edges(nets, middle, box_widths) for nets in channels]
    tops = _tops(routes)
    boxes = {
        node: Box(
            node,
            middle[number] - box_widths[number] // 2,
            tops[layers.layer[number]],
            box_widths[number],
            middle[number] - label_widths[number] // 2,
            label_widths[number],
        )
        for node, number in index.items()
    }
    return Drawing(boxes, layers, routes, middle)


def _tops(channels: Sequence[Channel]) -> list[int]:
    """Return the row of each layer."""
    tops = [0]
    for channel in channels[:-1]:
        tops.append(tops[-1] + 1 + channel.height)
    return tops
