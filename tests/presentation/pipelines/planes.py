"""The drawing of a graph as characters on a plane, to follow its lines as the user does."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from studio_tui.presentation.pipelines.drawing.edge_lines import Highlight
from studio_tui.presentation.pipelines.drawing.graph import Box, Drawing
from studio_tui.presentation.pipelines.drawing.layers import assign_layers, crossings_of
from studio_tui.presentation.pipelines.graph.plan import parent_indexes, transitive_reduction

UP, DOWN, LEFT, RIGHT = (0, -1), (0, 1), (-1, 0), (1, 0)
_WAYS_BY_WORD = {
    "UP": (UP,),
    "DOWN": (DOWN,),
    "LEFT": (LEFT,),
    "RIGHT": (RIGHT,),
    "VERTICAL": (UP, DOWN),
    "HORIZONTAL": (LEFT, RIGHT),
}
_WEIGHTS = {"LIGHT": 1, "HEAVY": 2}
BOX = "#"
"""Stands in each cell of a box."""

Way = tuple[int, int]
"""A step on the plane: columns to the right, rows down."""


class Plane(NamedTuple):
    """Characters by column and row."""

    cells: Mapping[tuple[int, int], str]
    boxes: Mapping[str, Box]

    def box_at(self, x: int, y: int) -> str | None:
        """Return the node whose box includes a cell; `None` if no box does."""
        if self.cells.get((x, y)) != BOX:
            return None
        return next(
            box.id for box in self.boxes.values() if box.y == y and 0 <= x - box.x < box.width
        )

    def ways(self, x: int, y: int) -> dict[Way, int]:
        """Return the directions in which lines leave a cell, with their weights."""
        character = self.cells.get((x, y), " ")
        return {} if character in {" ", BOX} else arms(character)

    def lines_down(self, node: str, weight: int = 1) -> tuple[set[str], set[tuple[int, int]]]:
        """Follow all lines down from a box; return the boxes that they reach, and their own cells.

        Lines of less than `weight` are not followed, and no line is followed upward.
        """
        box = self.boxes[node]
        ahead = [(x, box.y, DOWN) for x in range(box.x, box.x + box.width)]
        ahead = [(x, y, way) for x, y, way in ahead if self.ways(x, y + 1).get(UP, 0) >= weight]
        visited: set[tuple[int, int, Way]] = set()
        reached: set[str] = set()
        while ahead:
            cell_and_way = ahead.pop()
            if cell_and_way in visited:
                continue
            visited.add(cell_and_way)
            x, y, (dx, dy) = cell_and_way
            x, y = x + dx, y + dy
            if dx:  # a vertical line that crosses this one interrupts it
                while set(self.ways(x, y)) == {UP, DOWN}:
                    x += dx
            box_id = self.box_at(x, y)
            if box_id is not None:
                assert (dx, dy) == DOWN, "a line enters a box from its side"
                reached.add(box_id)
                continue
            ways = self.ways(x, y)
            assert (-dx, -dy) in ways, f"a line leads to {x}, {y}, where no line continues"
            ahead += [
                (x, y, way)
                for way, way_weight in ways.items()
                if way not in {(-dx, -dy), UP} and way_weight >= weight
            ]
        cells = {(x, y) for x, y, _ in visited if self.cells[x, y] != BOX}
        return reached, cells


def arms(character: str) -> dict[Way, int]:
    """Return the arms of a box-drawing character with their weights, from its Unicode name."""
    words = unicodedata.name(character).removeprefix("BOX DRAWINGS ").replace(" ARC", "").split()
    weights: dict[Way, int] = {}
    weight = _WEIGHTS.get(words[0])
    unweighted: list[Way] = []
    for word in words:
        if word in _WEIGHTS:
            weight = _WEIGHTS[word]
            weights.update(dict.fromkeys(unweighted, weight))
            unweighted = []
        elif word in _WAYS_BY_WORD:
            if words[0] in _WEIGHTS and weight is not None:
                weights.update(dict.fromkeys(_WAYS_BY_WORD[word], weight))
            else:
                unweighted += _WAYS_BY_WORD[word]
    return weights


def plane(drawing: Drawing, lit: Highlight | None = None, heavy: Highlight | None = None) -> Plane:
    """Paint a whole drawing, and assert that no cell is painted twice."""
    cells: dict[tuple[int, int], str] = {}
    for y in range(drawing.height):
        for run in drawing.line(y, 0, drawing.width, lit, heavy):
            assert run.x >= 0
            assert run.x + run.width <= drawing.width
            text = BOX * run.width if run.node is not None else run.text
            assert len(text) == run.width
            for offset, character in enumerate(text):
                assert (run.x + offset, y) not in cells
                cells[run.x + offset, y] = character
    return Plane(cells, drawing.boxes)


def loose_ends(drawn: Plane, weight: int = 1) -> Iterator[tuple[int, int]]:
    """Yield the cells where a line of at least this weight ends without a box or another line."""
    for (x, y), character in drawn.cells.items():
        if character == BOX:
            continue
        for way in (way for way, way_weight in arms(character).items() if way_weight >= weight):
            other_x, other_y = x + way[0], y + way[1]
            while way[0] and set(drawn.ways(other_x, other_y)) == {UP, DOWN}:
                other_x += way[0]
            is_box = drawn.box_at(other_x, other_y) is not None and way[1]
            if not is_box and drawn.ways(other_x, other_y).get((-way[0], -way[1]), 0) < weight:
                yield x, y


def crossings(parents: Mapping[str, Sequence[str]]) -> int:
    """Return the number of crossings in a drawing; long edges drawn as one line count once."""
    layers = assign_layers(transitive_reduction(parent_indexes(parents)))
    return crossings_of(layers, layers.rows)
