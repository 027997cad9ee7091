"""Puts the nodes of a graph into layers, so that every line goes from one layer to the next.

It knows nodes by number only, parents before children. Our own code: of 1,000 and 5,000 nodes
grandalf needs 2 and 61 s, igraph gives points without widths or lines (0.1 s), networkx and
rustworkx no layers with joints at all, and none routes; this and the routes take 0.03 and 0.2 s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_SWEEPS = 4
_FEW = 3
"""Vertices for each node up to which broken layers are worth their lines."""
_LINE = 3
"""Cells that a line takes with the room beside it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Long edges that are drawn as one line: all of one source's, or all into one target."""

    owner: int
    """The node that all of the edges share."""
    ends: tuple[int, ...]
    """The other nodes of the edges."""
    is_source: bool
    """Whether the owner is their source."""


@dataclass(frozen=True)
class Layers:
    """Vertices in layers: first the nodes, by their numbers, then the joints of long lines."""

    size: int
    """How many of the vertices are nodes."""
    layer: list[int]
    """Of each vertex."""
    rows: list[list[int]]
    """The vertices of each layer, from left to right."""
    parents: list[list[int]]
    """Of each vertex, all in the layer above."""
    children: list[list[int]]
    """Of each vertex, all in the layer below."""
    chains: list[Chain]
    chain: list[int] = field(default_factory=list)
    """Of each joint, the chain that it belongs to."""

    def chain_of(self, vertex: int) -> Chain | None:
        """Return the long line that a vertex is a joint of; `None` for a node."""
        return self.chains[self.chain[vertex - self.size]] if vertex >= self.size else None


def reduced(parents: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the parents of each node without those that are ancestors of another one."""
    above: list[int] = []  # sets of ancestors, as bits
    kept = []
    for mine in parents:
        farther = 0
        for parent in mine:
            farther |= above[parent]
        kept.append([parent for parent in mine if not farther >> parent & 1])
        for parent in mine:
            farther |= 1 << parent
        above.append(farther)
    return kept


def layered(parents: Sequence[Sequence[int]], widths: Sequence[int], widest: int) -> Layers:
    """Return the layers of a graph; those beyond `widest` cells are broken where that helps.

    It does for what fans out; of a dense graph it would only make more lines.
    """
    children = _children(parents)
    layers = _proper(parents, _assigned(parents, children, widths, sum(widths)))
    width = _width(layers, widths)
    if width > widest:
        broken = _proper(parents, _assigned(parents, children, widths, widest))
        has_few_joints = len(broken.layer) <= _FEW * broken.size
        if has_few_joints and 2 * _width(broken, widths) < width:
            layers = broken
    _put_in_order(layers)
    return layers


def _width(layers: Layers, widths: Sequence[int]) -> int:
    """Return about how many cells the widest layer takes."""
    taken = [0] * (max(layers.layer, default=-1) + 1)
    for vertex, at in enumerate(layers.layer):
        taken[at] += widths[vertex] if vertex < layers.size else _LINE
    return max(taken, default=0)


def _children(parents: Iterable[Sequence[int]]) -> list[list[int]]:
    parents = list(parents)
    children: list[list[int]] = [[] for _ in parents]
    for node, mine in enumerate(parents):
        for parent in mine:
            children[parent].append(node)
    return children


def _assigned(
    parents: Sequence[Sequence[int]],
    children: Sequence[Sequence[int]],
    widths: Sequence[int],
    widest: int,
) -> list[int]:
    """Return the layer of each node: the first below its parents that has room for it.

    Nodes go in depth first, so that what belongs together is near when layers are broken.
    """
    layer = [0] * len(parents)
    filled: list[int] = []
    full: dict[int, int] = {}
    """Layers that had no room for a node, each with one below to look at instead."""
    for node in _depth_first(parents, children):
        at = max((layer[parent] + 1 for parent in parents[node]), default=0)
        while True:
            while at in full:
                after = full[at]
                full[at] = full.get(after, after)
                at = after
            if at == len(filled):
                filled.append(0)
            if not filled[at] or filled[at] + widths[node] <= widest:
                break
            full[at] = at + 1
        layer[node] = at
        filled[at] += widths[node]
    for node, mine in enumerate(parents):
        if not mine and children[node]:
            at = min(layer[child] for child in children[node]) - 1
            if at > layer[node] and filled[at] + widths[node] <= widest:
                filled[layer[node]] -= widths[node]
                filled[at] += widths[node]
                layer[node] = at
    used = {at: index for index, at in enumerate(sorted(set(layer)))}
    return [used[at] for at in layer]


def _depth_first(
    parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]
) -> Iterable[int]:
    """Yield each node once all of its parents were, the children of the latest first."""
    waits = [len(mine) for mine in parents]
    ready = [node for node in reversed(range(len(parents))) if not waits[node]]
    while ready:
        node = ready.pop()
        yield node
        for child in reversed(children[node]):
            waits[child] -= 1
            if not waits[child]:
                ready.append(child)


def _proper(parents: Sequence[Sequence[int]], layer: list[int]) -> Layers:
    """Return layers in which long edges go by joints, one in each layer that they pass."""
    size = len(parents)
    layers = Layers(size, list(layer), [], [[] for _ in parents], [[] for _ in parents], [])
    down: dict[int, list[int]] = {}
    up: dict[int, list[int]] = {}
    long = []
    for node, mine in enumerate(parents):
        for parent in mine:
            if layer[node] - layer[parent] == 1:
                _join(layers, parent, node)
            else:
                long.append((parent, node))
                down.setdefault(parent, []).append(node)
                up.setdefault(node, []).append(parent)
    by_source: dict[int, list[int]] = {}
    by_target: dict[int, list[int]] = {}
    for parent, node in long:
        if len(down[parent]) >= len(up[node]):
            by_source.setdefault(parent, []).append(node)
        else:
            by_target.setdefault(node, []).append(parent)
    for owner, ends in by_source.items():
        _lead(layers, Chain(owner, tuple(ends), is_source=True))
    for owner, ends in by_target.items():
        _lead(layers, Chain(owner, tuple(ends), is_source=False))
    return layers


def _lead(layers: Layers, chain: Chain) -> None:
    """Lead long edges by one joint in each layer between their owner and the farthest end."""
    layer, step = layers.layer, 1 if chain.is_source else -1
    join = _join if chain.is_source else lambda layers, one, other: _join(layers, other, one)
    layers.chains.append(chain)
    last, here = chain.owner, layer[chain.owner]
    waiting = sorted(chain.ends, key=lambda end: abs(layer[end] - here), reverse=True)
    while waiting:
        here += step
        joint = len(layer)
        layer.append(here)
        layers.parents.append([])
        layers.children.append([])
        layers.chain.append(len(layers.chains) - 1)
        join(layers, last, joint)
        while waiting and layer[waiting[-1]] == here + step:
            join(layers, joint, waiting.pop())
        last = joint


def _join(layers: Layers, above: int, below: int) -> None:
    layers.children[above].append(below)
    layers.parents[below].append(above)


def _put_in_order(layers: Layers) -> None:
    """Fill the rows, so that few lines cross: depth first, then sweeps by barycenters."""
    rows: list[list[int]] = [[] for _ in range(max(layers.layer, default=-1) + 1)]
    seen = [False] * len(layers.layer)
    ahead = [node for node in reversed(range(layers.size)) if not layers.parents[node]]
    while ahead:
        vertex = ahead.pop()
        if not seen[vertex]:
            seen[vertex] = True
            rows[layers.layer[vertex]].append(vertex)
            ahead += reversed(layers.children[vertex])
    place = [0.0] * len(seen)
    for row in rows:
        _note_places(row, place)
    for sweep in range(_SWEEPS):
        if sweep % 2:
            ways, neighbours = reversed(rows[:-1]), layers.children
        else:
            ways, neighbours = iter(rows[1:]), layers.parents
        for row in ways:
            for vertex in row:
                near = neighbours[vertex]
                if near:
                    place[vertex] = sum([place[other] for other in near]) / len(near)
            row.sort(key=place.__getitem__)
            _note_places(row, place)
    layers.rows.extend(rows)


def _note_places(row: Sequence[int], place: list[float]) -> None:
    """Note how far each vertex is along its row, from 0 to 1, which rows of any length share."""
    for index, vertex in enumerate(row):
        place[vertex] = (index + 0.5) / len(row)
