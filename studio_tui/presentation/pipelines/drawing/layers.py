"""Assigns the nodes of a graph to layers and orders them, so that few lines cross.

Nodes are integers, parents before children. Each line connects adjacent layers: an edge that passes
layers has a joint (a dummy vertex) in each of these. Vertices are nodes and joints.

No library was suitable: for 1,000 nodes grandalf takes 2 s, a `Drawing` less than 0.1 s; igraph
returns points without widths or lines.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

_SWEEPS, _SWEEPS_OF_LARGE = 8, 4
"""Maximum numbers of sweeps that reorder rows: for up to `_SMALL` vertices, and for more."""
_SMALL = 700
"""Maximum number of vertices of a graph with `_SWEEPS` sweeps and with swaps."""
_PASSES, _MOST_COMPARED = 10, 200_000
"""Maximum number of passes that swap neighbors, and of pairs of lines compared in all of them."""
_SHUFFLES, _SHUFFLED_LINES = 16, 1000
"""Maximum number of shuffled starting orders, and of lines in all of them."""
_IN_VAIN = 2
"""Number of successive sweeps without improvement after which no more are made."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Long edges drawn as one line: from (`is_source`) or to their shared `owner`."""

    owner: int
    ends: tuple[int, ...]
    is_source: bool


@dataclass(frozen=True)
class Layers:
    """Vertices in layers, as integers: first the nodes, then the joints of long lines."""

    node_count: int
    layer: list[int]
    """By vertex."""
    rows: list[list[int]]
    """Vertices of each layer, from left to right."""
    parents: list[list[int]]
    """By vertex: the vertices in the layer above that it is connected to; `children` are below."""
    children: list[list[int]]
    chains: list[Chain]
    chain_indexes: list[int] = field(default_factory=list)
    """For each joint: the index of its chain in `chains`."""

    def chain_of(self, vertex: int) -> Chain | None:
        """Return the chain of a joint; `None` for a node."""
        if vertex < self.node_count:
            return None
        return self.chains[self.chain_indexes[vertex - self.node_count]]


def assign_layers(parents: Sequence[Sequence[int]]) -> Layers:
    """Assign each node to a layer, whose number is the length of the longest path to the node."""
    layer: list[int] = []
    for node_parents in parents:
        layer.append(max((layer[parent] + 1 for parent in node_parents), default=0))
    layers = _with_joints(parents, layer)
    _order_rows(layers)
    return layers


def _with_joints(parents: Sequence[Sequence[int]], layer: list[int]) -> Layers:
    """Return layers with joints, but without rows; the edges of a chain share its joints."""
    layers = Layers(len(parents), list(layer), [], [[] for _ in parents], [[] for _ in parents], [])
    long_edges = []
    for node, node_parents in enumerate(parents):
        for parent in node_parents:
            if layer[node] - layer[parent] == 1:
                _connect(layers, parent, node)
            else:
                long_edges.append((parent, node))
    long_children = Counter(parent for parent, _ in long_edges)
    long_parents = Counter(node for _, node in long_edges)
    by_source: dict[int, list[int]] = {}
    by_target: dict[int, list[int]] = {}
    for parent, node in long_edges:
        if long_children[parent] >= long_parents[node]:
            by_source.setdefault(parent, []).append(node)
        else:
            by_target.setdefault(node, []).append(parent)
    for owner, ends in by_source.items():
        _add_chain(layers, Chain(owner, tuple(ends), is_source=True))
    for owner, ends in by_target.items():
        _add_chain(layers, Chain(owner, tuple(ends), is_source=False))
    return layers


def _add_chain(layers: Layers, chain: Chain) -> None:
    """Add the joints of a chain, one in each layer between the owner and the farthest end."""
    layer, step = layers.layer, 1 if chain.is_source else -1
    connect = (
        _connect if chain.is_source else lambda layers, one, other: _connect(layers, other, one)
    )
    layers.chains.append(chain)
    previous, current = chain.owner, layer[chain.owner]
    ends_left = sorted(chain.ends, key=lambda end: abs(layer[end] - current), reverse=True)
    while ends_left:
        current += step
        joint = len(layer)
        layer.append(current)
        layers.parents.append([])
        layers.children.append([])
        layers.chain_indexes.append(len(layers.chains) - 1)
        connect(layers, previous, joint)
        while ends_left and layer[ends_left[-1]] == current + step:
            connect(layers, joint, ends_left.pop())
        previous = joint


def _connect(layers: Layers, above: int, below: int) -> None:
    layers.children[above].append(below)
    layers.parents[below].append(above)


def _order_rows(layers: Layers) -> None:
    """Fill the rows in depth-first order, improved by sweeps.

    In a small graph, shuffled orders are improved too, and the best of all is chosen.
    """
    first = _depth_first(layers)
    best = _with_fewer_crossings(layers, first)
    fewest = crossings_of(layers, best)
    lines = max(1, sum(map(len, layers.parents)))
    # The seed is fixed, so that a graph is always drawn the same.
    random = Random(0)  # noqa: S311 (its numbers need not be secret)
    for _ in range(min(_SHUFFLES, _SHUFFLED_LINES // lines)):
        if not fewest:
            break
        shuffled = [random.sample(row, len(row)) for row in first]
        rows = _with_fewer_crossings(layers, shuffled)
        if (crossings := crossings_of(layers, rows)) < fewest:
            best, fewest = rows, crossings
    layers.rows.extend(best)


def _depth_first(layers: Layers) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(layers.layer, default=-1) + 1)]
    seen = [False] * len(layers.layer)
    stack = [node for node in reversed(range(layers.node_count)) if not layers.parents[node]]
    while stack:
        vertex = stack.pop()
        if not seen[vertex]:
            seen[vertex] = True
            rows[layers.layer[vertex]].append(vertex)
            stack += reversed(layers.children[vertex])
            stack += reversed(layers.parents[vertex])
    return rows


def _with_fewer_crossings(layers: Layers, rows: list[list[int]]) -> list[list[int]]:
    """Return the rows in the order with the fewest crossings that sweeps and swaps find.

    A barycenter sweep down sorts each row by the mean place of each vertex's parents, a sweep up by
    that of its children.
    """
    place = [0.0] * len(layers.layer)
    for row in rows:
        _set_places(row, place)
    best, fewest = rows, crossings_of(layers, rows)
    rows = [list(row) for row in rows]
    is_small, in_vain = len(place) <= _SMALL, 0
    for sweep in range(_SWEEPS if is_small else _SWEEPS_OF_LARGE):
        if not fewest or in_vain == _IN_VAIN:
            break
        if sweep % 2:
            rows_to_sort, neighbors = reversed(rows[:-1]), layers.children
        else:
            rows_to_sort, neighbors = iter(rows[1:]), layers.parents
        for row in rows_to_sort:
            for vertex in row:
                adjacent = neighbors[vertex]
                if adjacent:
                    place[vertex] = sum([place[other] for other in adjacent]) / len(adjacent)
            row.sort(key=place.__getitem__)
            _set_places(row, place)
        crossings = crossings_of(layers, rows)
        in_vain += 1
        if crossings < fewest:
            best, fewest, in_vain = [list(row) for row in rows], crossings, 0
    if fewest and is_small:
        _swap_neighbors(layers, best)
    return best


def _swap_neighbors(layers: Layers, rows: Sequence[list[int]]) -> None:
    """Swap adjacent vertices where this reduces crossings, in up to `_PASSES` passes."""
    place = _indexes_in_rows(layers, rows)
    compared = sum(
        len(near[left]) * len(near[right])
        for row in rows
        for left, right in pairwise(row)
        for near in (layers.parents, layers.children)
    )
    for _ in range(min(_PASSES, _MOST_COMPARED // max(1, compared))):
        has_changed = False
        for row in rows:
            for index in range(len(row) - 1):
                left, right = row[index], row[index + 1]
                # Two lines cross if their ends are not in the order of the vertices.
                saved = 0
                for near in (layers.parents, layers.children):
                    for left_end in near[left]:
                        left_place = place[left_end]
                        for right_end in near[right]:
                            right_place = place[right_end]
                            saved += (left_place > right_place) - (left_place < right_place)
                if saved > 0:
                    row[index], row[index + 1] = right, left
                    place[left], place[right] = index + 1, index
                    has_changed = True
        if not has_changed:
            break


def crossings_of(layers: Layers, rows: Sequence[Sequence[int]]) -> int:
    """Return the number of crossings between adjacent layers if the rows have this order."""
    children, crossings, place = layers.children, 0, _indexes_in_rows(layers, rows)
    for row in rows[:-1]:
        places_so_far: list[int] = []
        for vertex in row:
            child_places = sorted([place[child] for child in children[vertex]])
            for end in child_places:
                crossings += len(places_so_far) - bisect_right(places_so_far, end)
            for end in child_places:
                insort(places_so_far, end)
    return crossings


def _indexes_in_rows(layers: Layers, rows: Sequence[Sequence[int]]) -> list[int]:
    """Return for each vertex its index in its row."""
    indexes = [0] * len(layers.layer)
    for row in rows:
        for index, vertex in enumerate(row):
            indexes[vertex] = index
    return indexes


def _set_places(row: Sequence[int], place: list[float]) -> None:
    """Store the relative position of each vertex in its row, between 0 and 1."""
    for index, vertex in enumerate(row):
        place[vertex] = (index + 0.5) / len(row)
