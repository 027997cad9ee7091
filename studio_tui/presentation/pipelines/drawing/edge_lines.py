"""Draws the edges between two layers with box-drawing characters, row by row.

Where lines cross without being connected, the vertical one interrupts the horizontal one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from studio_tui.presentation.pipelines.drawing.edge_routing import Channel, Net
from studio_tui.presentation.pipelines.drawing.layers import Layers

_STROKES = " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"
"""Box-drawing characters, indexed by a number of four ternary digits.

The digits are the weights of the arms up, right, down and left: 0 none, 1 light, 2 heavy.
"""
_UP, _RIGHT, _DOWN, _LEFT = 27, 9, 3, 1
"""Values of the digits."""


class VerticalPart(NamedTuple):
    """A vertical part of a net, without the rows where the net turns."""

    x: int
    top: int
    bottom: int
    """Last row; one less than `top` if the part has no rows."""
    net: Net
    vertex: int | None
    """The vertex that it leaves or enters; of a straight net, the upper one. `None` for a jog."""


class Track(NamedTuple):
    """A horizontal part of a net."""

    left: int
    right: int
    net: Net
    ends: Sequence[tuple[int, int | None]]
    """The column and `vertex` of each vertical part that it meets."""


@dataclass(frozen=True)
class Edges:
    """The lines between two layers."""

    vertical_parts: Sequence[VerticalPart]
    """From left to right; several can be in one column."""
    tracks: Mapping[int, Sequence[Track]]
    """By row of the drawing, from left to right."""


class StyledRun(NamedTuple):
    """Adjacent cells of a row with the same style."""

    x: int
    width: int
    text: str
    """Line characters; empty where the label of `node` is drawn."""
    node: str | None
    """The node whose box it is part of; `None` for edges."""
    is_lit: bool
    """Whether it belongs to the highlight passed as `lit`."""
    is_heavy: bool
    """Whether it belongs to the highlight passed as `heavy`; `text` then has heavy lines."""


class Highlight:
    """A highlighted part of a drawing: a set of nodes and the edges between them."""

    def __init__(self, layers: Layers, nodes: frozenset[int]) -> None:
        self._layers = layers
        self._nodes = nodes
        self._reach: dict[int, int] = {}
        """By index of a chain: the layer of its farthest highlighted end, else of its owner."""
        # Caches by `id()`, which is unique because the drawing keeps nets and vertical parts alive.
        self._nets: dict[int, bool] = {}
        self._vertical_parts: dict[int, bool] = {}

    def includes(self, vertex: int | None) -> bool:
        """Return whether a node, or a joint on a line, is highlighted; true for `None` (a jog)."""
        if vertex is None or vertex < self._layers.node_count:
            return vertex is None or vertex in self._nodes
        chain_index = self._layers.chain_indexes[vertex - self._layers.node_count]
        chain, layer = self._layers.chains[chain_index], self._layers.layer
        if chain.owner not in self._nodes:
            return False
        if chain_index not in self._reach:
            lit_ends = [end for end in chain.ends if end in self._nodes] or [chain.owner]
            lit_layers = [layer[end] for end in lit_ends]
            self._reach[chain_index] = max(lit_layers) if chain.is_source else min(lit_layers)
        reach = self._reach[chain_index]
        return layer[vertex] < reach if chain.is_source else layer[vertex] > reach

    def includes_net(self, net: Net) -> bool:
        key = id(net)
        if key not in self._nets:
            self._nets[key] = any(map(self.includes, net.sources)) and any(
                map(self.includes, net.targets)
            )
        return self._nets[key]

    def includes_part(self, part: VerticalPart) -> bool:
        """Return whether a vertical part belongs to a highlighted edge."""
        is_lit = self._vertical_parts.get(id(part))
        if is_lit is None:
            is_lit = self.includes_net(part.net) and self.includes(part.vertex)
            self._vertical_parts[id(part)] = is_lit
        return is_lit

    def span(self, track: Track) -> tuple[int, int]:
        """Return the first and last highlighted column of a track; first > last if no column is."""
        if not self.includes_net(track.net):
            return track.right + 1, track.left - 1
        lit = [x for x, vertex in track.ends if self.includes(vertex)]
        return min(lit), max(lit)


def edges_of(channel: Channel, top: int) -> Edges:
    """Return the lines of a channel whose first row is row `top` of the drawing."""
    parts: list[VerticalPart] = []
    tracks: dict[int, list[Track]] = {}
    end = top + channel.height - 1
    for net in channel.nets:
        tops = list(zip(net.tops, net.sources, strict=True))
        bottoms = list(zip(net.bottoms, net.targets, strict=True))
        if net.is_straight:
            parts.append(VerticalPart(net.tops[0], top, end, net, net.sources[0]))
            continue
        row, low_row = top + net.row, top + (net.row if net.jog is None else net.low_row)
        parts += [VerticalPart(x, top, row - 1, net, vertex) for x, vertex in tops]
        parts += [VerticalPart(x, low_row + 1, end, net, vertex) for x, vertex in bottoms]
        if net.jog is None:
            _add_track(tracks, row, net, [*tops, *bottoms])
        else:
            parts.append(VerticalPart(net.jog, row + 1, low_row - 1, net, None))
            _add_track(tracks, row, net, [*tops, (net.jog, None)])
            _add_track(tracks, low_row, net, [(net.jog, None), *bottoms])
    parts.sort(key=attrgetter("x"))
    for tracks_of_row in tracks.values():
        tracks_of_row.sort(key=attrgetter("left"))
    return Edges(parts, tracks)


def _add_track(
    tracks: dict[int, list[Track]], row: int, net: Net, ends: Sequence[tuple[int, int | None]]
) -> None:
    columns = [x for x, _ in ends]
    tracks.setdefault(row, []).append(Track(min(columns), max(columns), net, ends))


def strokes(
    edges: Edges, y: int, window: range, lit: Highlight | None, heavy: Highlight | None
) -> list[StyledRun]:
    """Return runs of the non-blank cells of row `y` in the columns of `window`, left to right."""
    codes: dict[int, int] = {}
    lit_columns: set[int] = set()
    heavy_columns: set[int] = set()
    for track in _visible_tracks(edges.tracks.get(y, ()), window):
        _draw_track(codes, track, window, heavy.span(track) if heavy else _NO_SPAN, heavy_columns)
        if lit:
            first, last = lit.span(track)
            lit_columns.update(range(max(first, window.start), min(last + 1, window.stop)))
    begin = bisect_left(edges.vertical_parts, window.start, key=attrgetter("x"))
    end = bisect_left(edges.vertical_parts, window.stop, lo=begin, key=attrgetter("x"))
    for part in edges.vertical_parts[begin:end]:
        x, top, bottom = part.x, part.top, part.bottom
        if not top - 1 <= y <= bottom + 1:
            continue
        weight = 2 if heavy and heavy.includes_part(part) else 1
        if top <= y <= bottom:
            codes[x] = weight * (_UP + _DOWN)
            # The vertical part interrupts a track, which can have another style.
            _mark(lit_columns, x, lit is not None and lit.includes_part(part))
            _mark(heavy_columns, x, weight == 2)
        # Otherwise, the vertical part meets a track of its net on this row.
        elif y > bottom:
            codes[x] += weight * _UP
        else:
            codes[x] += weight * _DOWN
    return _runs_of_cells(codes, lit_columns, heavy_columns)


def _mark(columns: set[int], x: int, is_marked: bool) -> None:
    if is_marked:
        columns.add(x)
    else:
        columns.discard(x)


def _runs_of_cells(
    codes: dict[int, int], lit_columns: set[int], heavy_columns: set[int]
) -> list[StyledRun]:
    """Return runs of equal style; `codes` has indexes of `_STROKES` by column."""
    runs: list[StyledRun] = []
    start = end = 0
    text, is_lit, is_heavy = "", False, False
    for x in sorted(codes):
        lit, heavy = x in lit_columns, x in heavy_columns
        if x == end and text and lit is is_lit and heavy is is_heavy:
            text += _STROKES[codes[x]]
        else:
            if text:
                runs.append(StyledRun(start, end - start, text, None, is_lit, is_heavy))
            start, text, is_lit, is_heavy = x, _STROKES[codes[x]], lit, heavy
        end = x + 1
    if text:
        runs.append(StyledRun(start, end - start, text, None, is_lit, is_heavy))
    return runs


_NO_SPAN = (1, 0)


def _visible_tracks(tracks: Sequence[Track], window: range) -> Iterable[Track]:
    """Yield the tracks of a row that are at least partly in the window; they do not overlap."""
    first = bisect_left(tracks, window.start, key=attrgetter("right"))
    for index in range(first, len(tracks)):
        if tracks[index].left >= window.stop:
            break
        yield tracks[index]


def _draw_track(
    codes: dict[int, int],
    track: Track,
    window: range,
    heavy: tuple[int, int],
    heavy_columns: set[int],
) -> None:
    """Draw a track, with heavy strokes from the first to the last column in `heavy`."""
    first, last = heavy
    for x in range(max(track.left, window.start), min(track.right + 1, window.stop)):
        code = 0
        if x > track.left:
            code += _LEFT * (2 if first < x <= last else 1)
        if x < track.right:
            code += _RIGHT * (2 if first <= x < last else 1)
        codes[x] = code
        if first <= x <= last:
            heavy_columns.add(x)


def vertical(*, is_heavy: bool) -> str:
    return _STROKES[(_UP + _DOWN) * (2 if is_heavy else 1)]
