"""Draws the edges between two layers with box-drawing characters, row by row.

Lines that cross do not touch: the horizontal one is interrupted by the vertical one. So lines are
connected only where strokes meet.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from studio_tui.presentation.pipelines.drawing.edge_routing import Channel, Net
from studio_tui.presentation.pipelines.drawing.layers import Layers

_STROKES = " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"
"""Indexed by the weights (0 to 2) of the arms up, right, down and left, as ternary digits."""
_UP, _RIGHT, _DOWN, _LEFT = 27, 9, 3, 1


class BoxColumn(NamedTuple):
    """A vertical part of a net, between the rows where it turns."""

    x: int
    top: int
    bottom: int
    """One less than `top` if it turns immediately."""
    net: Net
    vertex: int | None
    """The vertex at its end; `None` for a jog."""


class Track(NamedTuple):
    """A horizontal part of a net."""

    left: int
    right: int
    net: Net
    ends: Sequence[tuple[int, int | None]]
    """Columns where it meets a vertical part, and the vertex at the end of that."""


@dataclass(frozen=True)
class Edges:
    """The lines between two layers."""

    columns: Sequence[BoxColumn]
    """From left to right."""
    tracks: Mapping[int, Sequence[Track]]
    """By row of the drawing, from left to right."""


class StyledRun(NamedTuple):
    """Adjacent cells of a row with the same style."""

    x: int
    width: int
    """Width in cells."""
    text: str
    """Line characters; empty where the label of `node` is drawn."""
    node: str | None
    """The node whose box it is part of; `None` for edges."""
    is_lit: bool
    """Whether it belongs to the nodes passed as `lit` or the edges between them."""
    is_heavy: bool
    """The same for `heavy`; its characters are already heavy."""


class Highlight:
    """A highlighted part of a drawing: a set of nodes and the edges between them."""

    def __init__(self, layers: Layers, nodes: frozenset[int]) -> None:
        self._layers = layers
        self._nodes = nodes
        self._reach: dict[int, int] = {}
        self._nets: dict[int, bool] = {}
        self._columns: dict[int, bool] = {}

    def falls_on(self, vertex: int | None) -> bool:
        """Return whether a node is highlighted, or a joint is on a highlighted line."""
        if vertex is None or vertex < self._layers.size:
            return vertex is None or vertex in self._nodes
        number = self._layers.chain[vertex - self._layers.size]
        chain, layer = self._layers.chains[number], self._layers.layer
        if chain.owner not in self._nodes:
            return False
        if number not in self._reach:
            lit = [layer[end] for end in chain.ends if end in self._nodes] or [layer[chain.owner]]
            self._reach[number] = max(lit) if chain.is_source else min(lit)
        reach = self._reach[number]
        return layer[vertex] < reach if chain.is_source else layer[vertex] > reach

    def has(self, net: Net) -> bool:
        """Return whether any edge of a net is highlighted."""
        key = id(net)
        if key not in self._nets:
            self._nets[key] = any(map(self.falls_on, net.sources)) and any(
                map(self.falls_on, net.targets)
            )
        return self._nets[key]

    def lights(self, column: BoxColumn) -> bool:
        """Return whether a vertical part, which a drawing keeps, belongs to a highlighted edge."""
        is_lit = self._columns.get(id(column))
        if is_lit is None:
            is_lit = self.has(column.net) and self.falls_on(column.vertex)
            self._columns[id(column)] = is_lit
        return is_lit

    def span(self, track: Track) -> tuple[int, int]:
        """Return the first and last highlighted column of a track; first > last if none is."""
        if not self.has(track.net):
            return track.right + 1, track.left - 1
        lit = [x for x, vertex in track.ends if self.falls_on(vertex)]
        return min(lit), max(lit)


def edges_of(channel: Channel, top: int) -> Edges:
    """Return the lines of a channel whose first row is `top`."""
    columns: list[BoxColumn] = []
    tracks: dict[int, list[Track]] = {}
    end = top + channel.height - 1
    for net in channel.nets:
        tops = list(zip(net.tops, net.sources, strict=True))
        bottoms = list(zip(net.bottoms, net.targets, strict=True))
        if net.is_straight:
            columns.append(BoxColumn(net.tops[0], top, end, net, net.sources[0]))
            continue
        row, low_row = top + net.row, top + (net.row if net.jog is None else net.low_row)
        columns += [BoxColumn(x, top, row - 1, net, vertex) for x, vertex in tops]
        columns += [BoxColumn(x, low_row + 1, end, net, vertex) for x, vertex in bottoms]
        if net.jog is None:
            _add_track(tracks, row, net, [*tops, *bottoms])
        else:
            columns.append(BoxColumn(net.jog, row + 1, low_row - 1, net, None))
            _add_track(tracks, row, net, [*tops, (net.jog, None)])
            _add_track(tracks, low_row, net, [(net.jog, None), *bottoms])
    columns.sort(key=attrgetter("x"))
    for across in tracks.values():
        across.sort(key=attrgetter("left"))
    return Edges(columns, tracks)


def _add_track(
    tracks: dict[int, list[Track]], row: int, net: Net, ends: Sequence[tuple[int, int | None]]
) -> None:
    columns = [x for x, _ in ends]
    tracks.setdefault(row, []).append(Track(min(columns), max(columns), net, ends))


def strokes(
    edges: Edges, y: int, window: range, lit: Highlight | None, heavy: Highlight | None
) -> list[StyledRun]:
    """Return the non-blank cells of a row, from left to right."""
    codes: dict[int, int] = {}
    in_light: set[int] = set()
    in_weight: set[int] = set()
    for track in _in_sight(edges.tracks.get(y, ()), window):
        _across(codes, track, window, heavy.span(track) if heavy else _NOWHERE, in_weight)
        if lit:
            first, last = lit.span(track)
            in_light.update(range(max(first, window.start), min(last + 1, window.stop)))
    begin = bisect_left(edges.columns, window.start, key=attrgetter("x"))
    end = bisect_left(edges.columns, window.stop, lo=begin, key=attrgetter("x"))
    for column in edges.columns[begin:end]:
        x, top, bottom = column.x, column.top, column.bottom
        if not top - 1 <= y <= bottom + 1:
            continue
        weight = 2 if heavy and heavy.lights(column) else 1
        if top <= y <= bottom:
            codes[x] = weight * (_UP + _DOWN)
            (in_light.add if lit and lit.lights(column) else in_light.discard)(x)
            (in_weight.add if weight == 2 else in_weight.discard)(x)
        elif y > bottom:
            codes[x] += weight * _UP
        else:
            codes[x] += weight * _DOWN
    return _joined(codes, in_light, in_weight)


def _joined(codes: dict[int, int], in_light: set[int], in_weight: set[int]) -> list[StyledRun]:
    """Join adjacent cells with the same look."""
    joined: list[StyledRun] = []
    start = end = 0
    text, is_lit, is_heavy = "", False, False
    for x in sorted(codes):
        lit, heavy = x in in_light, x in in_weight
        if x == end and text and lit is is_lit and heavy is is_heavy:
            text += _STROKES[codes[x]]
        else:
            if text:
                joined.append(StyledRun(start, end - start, text, None, is_lit, is_heavy))
            start, text, is_lit, is_heavy = x, _STROKES[codes[x]], lit, heavy
        end = x + 1
    if text:
        joined.append(StyledRun(start, end - start, text, None, is_lit, is_heavy))
    return joined


_NOWHERE = (1, 0)


def _in_sight(tracks: Sequence[Track], window: range) -> Iterable[Track]:
    """Yield the tracks of a row that are in the window; tracks do not overlap."""
    first = bisect_left(tracks, window.start, key=attrgetter("right"))
    for index in range(first, len(tracks)):
        if tracks[index].left >= window.stop:
            break
        yield tracks[index]


def _across(
    codes: dict[int, int],
    track: Track,
    window: range,
    heavy: tuple[int, int],
    in_weight: set[int],
) -> None:
    """Draw a track, with heavy strokes between two of its columns."""
    first, last = heavy
    for x in range(max(track.left, window.start), min(track.right + 1, window.stop)):
        code = 0
        if x > track.left:
            code += _LEFT * (2 if first < x <= last else 1)
        if x < track.right:
            code += _RIGHT * (2 if first <= x < last else 1)
        codes[x] = code
        if first <= x <= last:
            in_weight.add(x)


def vertical(*, is_heavy: bool) -> str:
    """Return the character of a vertical line."""
    return _STROKES[(_UP + _DOWN) * (2 if is_heavy else 1)]
