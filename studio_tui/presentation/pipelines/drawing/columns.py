"""Assigns a column to each vertex of a layered graph, so that lines are short and straight."""

from collections.abc import Sequence
from math import floor

from studio_tui.presentation.pipelines.drawing.layers import Layers

GAP = 3
"""Number of blank cells between two nodes of a layer."""

_LINE_GAP = 2
"""Number of blank cells on each side of a line that only passes the layer."""

_SWEEPS, _LAST_SWEEPS = 4, 2
"""Numbers of sweeps: first towards the layer above or below in turn, then towards both."""
_BEND_COSTS = (1.0, 2.0, 1000.0)
"""Cost of a bend in a line with 0, 1 or 2 joints at its ends: long lines stay straight."""


def vertex_columns(layers: Layers, widths: Sequence[int]) -> list[int]:
    """Return the middle column of each vertex; the leftmost cell of the drawing is in column 0."""
    packed_rows = [_packed_offsets(row, widths, layers.node_count) for row in layers.rows]
    middle = [0.0] * len(layers.layer)
    for row, offsets in zip(layers.rows, packed_rows, strict=True):
        for vertex, offset in zip(row, offsets, strict=True):
            middle[vertex] = offset - offsets[-1] / 2
    above, below = _with_costs(layers, layers.parents), _with_costs(layers, layers.children)
    both = _on_both_sides(layers, above, below)
    for sweep, neighbors_of in enumerate([above, below] * (_SWEEPS // 2) + [both] * _LAST_SWEEPS):
        numbers = range(len(packed_rows))
        for number in numbers if sweep % 2 == 0 else reversed(numbers):
            row, offsets = layers.rows[number], packed_rows[number]
            ideal, weights = [], []
            for vertex in row:
                neighbors, costs, weight = neighbors_of[vertex]
                if weight:
                    pulls = [
                        middle[each] * cost for each, cost in zip(neighbors, costs, strict=True)
                    ]
                    ideal.append(sum(pulls) / weight)
                    weights.append(weight)
                else:
                    ideal.append(middle[vertex])
                    # A vertex without neighbors makes room for vertices that have neighbors.
                    weights.append(0.1)
            # Halves are rounded up in one row and down in the next, else long graphs would lean.
            half = 0.5 if number % 2 else 0.499
            for vertex, column in zip(row, spread(ideal, weights, offsets, half), strict=True):
                middle[vertex] = column
    first = min((middle[row[0]] - widths[row[0]] // 2 for row in layers.rows), default=0)
    return [int(column - first) for column in middle]


def spread(
    ideal: Sequence[float], weights: Sequence[float], offsets: Sequence[int], half: float = 0.5
) -> list[int]:
    """Return the integer positions closest to the ideal ones (least squares) without overlap.

    `offsets` are the positions packed as closely as allowed. This is the "pool adjacent violators"
    algorithm: vertices that would overlap form a pool. `half` is added to the position of each pool
    before the position is rounded down.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, number of vertices
    for position, weight, offset in zip(ideal, weights, offsets, strict=True):
        mean, pool_weight, size = position - offset, weight, 1
        while pools and pools[-1][0] >= mean:
            other_mean, other_weight, other_size = pools.pop()
            total_weight = pool_weight + other_weight
            mean = (mean * pool_weight + other_mean * other_weight) / total_weight
            pool_weight = total_weight
            size += other_size
        pools.append((mean, pool_weight, size))
    positions: list[int] = []
    for mean, _, size in pools:
        start = floor(mean + half)
        positions += [start + offset for offset in offsets[len(positions) : len(positions) + size]]
    return positions


def _packed_offsets(row: Sequence[int], widths: Sequence[int], node_count: int) -> list[int]:
    offsets: list[int] = []
    end = 0
    was_node = True
    for vertex in row:
        is_node = vertex < node_count
        half = widths[vertex] // 2
        if offsets:
            end += GAP if is_node and was_node else _LINE_GAP
        offsets.append(end + half)
        end += widths[vertex]
        was_node = is_node
    return offsets


_Near = tuple[Sequence[int], Sequence[float], float]
"""Neighbors of a vertex, the cost of a bend to each, and the sum of the costs."""


def _with_costs(layers: Layers, neighbors: Sequence[Sequence[int]]) -> list[_Near]:
    node_count = layers.node_count
    near_vertices: list[_Near] = []
    for vertex, near in enumerate(neighbors):
        costs = [_BEND_COSTS[(vertex >= node_count) + (other >= node_count)] for other in near]
        near_vertices.append((near, costs, sum(costs)))
    return near_vertices


def _on_both_sides(layers: Layers, above: Sequence[_Near], below: Sequence[_Near]) -> list[_Near]:
    """Return the neighbors of each vertex on both sides, with the costs of bends.

    The lines of a parent to its children are drawn as one, so it matters little where each ends:
    the cost of a bend is divided by the number of lines at its other end.
    """
    neighbors: list[_Near] = []
    for (parents, up, _), (children, down, _) in zip(above, below, strict=True):
        costs = [
            cost / len(layers.children[parent]) for parent, cost in zip(parents, up, strict=True)
        ]
        costs += [
            cost / len(layers.parents[child]) for child, cost in zip(children, down, strict=True)
        ]
        neighbors.append(([*parents, *children], costs, sum(costs)))
    return neighbors
