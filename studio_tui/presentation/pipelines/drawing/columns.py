"""Assigns a column to each vertex of a layered graph, so that lines are short and straight."""

from collections.abc import Sequence
from math import floor

from studio_tui.presentation.pipelines.drawing.layers import Layers

GAP = 3
"""Number of blank cells between two nodes of a layer."""

_LINE_GAP = 2
"""The same beside a line that only passes the layer."""

_SWEEPS, _LAST_SWEEPS = 4, 2
"""Number of sweeps towards the layers above and below in turn, and of final sweeps towards both."""
_STRAIGHTNESS = (1.0, 2.0, 1000.0)
"""Cost of a bend by the number of joints at the ends of the line: long lines stay straight."""


def vertex_columns(layers: Layers, widths: Sequence[int]) -> list[int]:
    """Return the middle column of each vertex; the leftmost cell of the drawing is in column 0."""
    gaps = [_offsets(row, widths, layers.size) for row in layers.rows]
    middle = [0.0] * len(layers.layer)
    for row, offsets in zip(layers.rows, gaps, strict=True):
        for vertex, offset in zip(row, offsets, strict=True):
            middle[vertex] = offset - offsets[-1] / 2
    above, below = _weighed(layers, layers.parents), _weighed(layers, layers.children)
    neighbours = _neighbours(layers, above, below)
    for sweep, near in enumerate([above, below] * (_SWEEPS // 2) + [neighbours] * _LAST_SWEEPS):
        numbers = range(len(gaps))
        for number in numbers if sweep % 2 == 0 else reversed(numbers):
            row, offsets = layers.rows[number], gaps[number]
            ideal, weights = [], []
            for vertex in row:
                others, costs, weight = near[vertex]
                if weight:
                    total = sum([middle[o] * cost for o, cost in zip(others, costs, strict=True)])
                    ideal.append(total / weight)
                    weights.append(weight)
                else:
                    ideal.append(middle[vertex])
                    weights.append(0.1)
            # Halves are rounded up in one row and down in the next, otherwise long graphs would
            # lean.
            half = 0.5 if number % 2 else 0.499
            for vertex, at in zip(row, spread(ideal, weights, offsets, half), strict=True):
                middle[vertex] = at
    first = min((middle[row[0]] - widths[row[0]] // 2 for row in layers.rows), default=0)
    return [int(at - first) for at in middle]


def spread(
    wanted: Sequence[float], weights: Sequence[float], offsets: Sequence[int], half: float = 0.5
) -> list[int]:
    """Return the integer positions closest to those wanted (least squares) without overlap.

    `offsets` are the positions of vertices packed as closely as allowed. Uses pooling: vertices
    that would overlap are merged and move together.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, many = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, more, number = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight += more  # noqa: PLW2901 (now that of the pool)
            many += number
        pools.append((mean, weight, many))
    places: list[int] = []
    for mean, _, many in pools:
        start = floor(mean + half)
        places += [start + offset for offset in offsets[len(places) : len(places) + many]]
    return places


def _offsets(row: Sequence[int], widths: Sequence[int], nodes: int) -> list[int]:
    """Return the middles of a row's vertices when packed as closely as allowed."""
    offsets: list[int] = []
    end = 0
    was_node = True
    for vertex in row:
        is_node = vertex < nodes
        half = widths[vertex] // 2
        if offsets:
            end += GAP if is_node and was_node else _LINE_GAP
        offsets.append(end + half)
        end += widths[vertex]
        was_node = is_node
    return offsets


_Near = tuple[Sequence[int], Sequence[float], float]


def _weighed(layers: Layers, neighbours: Sequence[Sequence[int]]) -> list[_Near]:
    """Return the neighbours of each vertex, the cost of a bend to each, and the total cost."""
    size = layers.size
    weighed: list[_Near] = []
    for vertex, near in enumerate(neighbours):
        costs = [_STRAIGHTNESS[(vertex >= size) + (other >= size)] for other in near]
        weighed.append((near, costs, sum(costs)))
    return weighed


def _neighbours(layers: Layers, above: Sequence[_Near], below: Sequence[_Near]) -> list[_Near]:
    """Return the neighbours of each vertex on both sides.

    A neighbour with many lines on this side has little weight: they are drawn as one line, so it
    does not matter where each starts. So the target of many lines is placed near their sources.
    """
    neighbours: list[_Near] = []
    for (parents, up, _), (children, down, _) in zip(above, below, strict=True):
        costs = [
            cost / len(layers.children[parent]) for parent, cost in zip(parents, up, strict=True)
        ]
        costs += [
            cost / len(layers.parents[child]) for child, cost in zip(children, down, strict=True)
        ]
        neighbours.append(([*parents, *children], costs, sum(costs)))
    return neighbours
