"""The drawing of a pipeline's graph: the text and style of each line."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rich.cells import cell_len

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.columns import Align
from studio_tui.presentation.pipelines.drawing.columns import GAP
from studio_tui.presentation.pipelines.drawing.edge_lines import Highlight, StyledRun
from studio_tui.presentation.pipelines.drawing.graph import Drawing, draw
from studio_tui.presentation.pipelines.graph.plan import (
    Plan,
    children_of,
    depths_of,
    reachable_nodes,
    redundant_parents,
)
from studio_tui.presentation.pipelines.views.groups import Group, parents_of
from studio_tui.tui.pipelines.graph.graph_view import StyledTexts
from studio_tui.tui.widgets.table_layout import fit

SHORT_NAME = 20
"""In cells; no shorter name is cut off."""

NARROW = 68
"""Width in cells of a drawing that fits, with notes beside it, into 80 columns."""
FEW = 100
"""Number of boxes up to which the drawing is first tried with full names."""

_CELLS_BEFORE_NAME = 3

_BLANKS_AROUND_NOTE = 1

_KEPT_LINES = 1000
"""Maximum number of lines in each cache, for scrolling back."""

MARKED = "*"


@dataclass(frozen=True)
class Label:
    """The current content of a box."""

    glyph: str
    tone: Tone
    note: str = ""


@dataclass(frozen=True)
class Boxes:
    """The boxes to draw: the nodes of a plan, or its groups."""

    names: Mapping[str, str]
    """By the key of a node or group; parents come before their children."""
    parents: Mapping[str, Sequence[str]]
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The jobs by group, without single jobs."""
    all_edges: bool = False
    """Whether redundant edges are drawn too."""

    @cached_property
    def implied(self) -> Mapping[str, Sequence[str]]:
        """By box, the parents that it also depends on indirectly; their edges are redundant."""
        return redundant_parents(self.parents)

    def size(self, key: str) -> str:
        """Return the number of jobs of a group, ` ×40`; empty for a job."""
        return f" ×{len(self.members[key])}" if key in self.members else ""

    def tag(self, key: str) -> str:
        """Return the text after a name, such as ` ×40 +2 direct`: 40 jobs, two edges not drawn."""
        size = self.size(key)
        if self.all_edges or key not in self.implied:
            return size
        return f"{size} +{len(self.implied[key])} direct"

    @cached_property
    def reserved_note_cells(self) -> Mapping[str, int]:
        """By group that is not alone in its layer: cells reserved at its right for a note."""
        rooms: dict[str, int] = {}
        for keys in _layers(self.parents):
            for key in keys if len(keys) > 1 else ():
                if key in self.members:
                    rooms[key] = len(" / ✗") + 3 * len(str(len(self.members[key]))) + 1
        return rooms

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        return children_of(self.parents)

    def relatives(self, key: str) -> frozenset[str]:
        """Return a box with all its ancestors and descendants."""
        above = reachable_nodes((key,), lambda each: self.parents.get(each, ()))
        return above | reachable_nodes((key,), lambda each: self._children.get(each, ()))


def boxes_of(plan: Plan, only: Collection[str] | None, *, all_edges: bool = False) -> Boxes:
    """Return the jobs of a plan as boxes: those in `only`, or all if it is `None`."""
    nodes = {key: node for key, node in plan.nodes.items() if only is None or key in only}
    return Boxes(
        {key: node.name for key, node in nodes.items()},
        {key: [each for each in node.parents if each in nodes] for key, node in nodes.items()},
        all_edges=all_edges,
    )


def group_boxes(plan: Plan, groups: Sequence[Group], *, all_edges: bool = False) -> Boxes:
    """Return groups as boxes; their parents are the other groups that their jobs depend on."""
    return Boxes(
        {group.key: group.title for group in groups},
        parents_of(groups, plan),
        {group.key: group.members for group in groups if not group.is_single_job},
        all_edges,
    )


def drawing_of(boxes: Boxes, *, full_names: bool) -> Drawing:
    """Lay out the boxes.

    Names longer than `SHORT_NAME` are cut off as far as needed to show a layer side by side, but
    not if `full_names`, or if at most `FEW` boxes fit with full names.
    """
    lengths = {key: cell_len(name) for key, name in boxes.names.items()}
    others = {
        key: _CELLS_BEFORE_NAME + cell_len(boxes.tag(key)) + boxes.reserved_note_cells.get(key, 0)
        for key in lengths
    }
    full_widths = {key: lengths[key] + others[key] for key in lengths}
    is_long = any(length > SHORT_NAME for length in lengths.values())
    if full_names or not is_long:
        return draw(boxes.parents, full_widths, all_edges=boxes.all_edges)
    if len(lengths) <= FEW:
        drawing = draw(boxes.parents, full_widths, all_edges=boxes.all_edges)
        if drawing.width <= NARROW:
            return drawing
    widths: dict[str, int] = {}
    for keys in _layers(boxes.parents):
        room = NARROW - sum(others[key] + GAP for key in keys)
        longest = _longest_that_fit([lengths[key] for key in keys], room)
        widths |= {key: others[key] + min(lengths[key], longest) for key in keys}
    return draw(boxes.parents, {key: widths[key] for key in lengths}, all_edges=boxes.all_edges)


def _layers(parents: Mapping[str, Sequence[str]]) -> Collection[Sequence[str]]:
    """Return the boxes by their longest distance from a root."""
    layers: dict[int, list[str]] = {}
    for key, depth in depths_of(parents).items():
        layers.setdefault(depth, []).append(key)
    return layers.values()


def _longest_that_fit(lengths: Sequence[int], room: int) -> int:
    """Return the width to which names are cut to fit side by side, at least `SHORT_NAME`.

    Names that are shorter leave their cells to the others.
    """
    remaining = len(lengths)
    for length in sorted(lengths):
        if length * remaining > room:
            return max(SHORT_NAME, room // remaining)
        room -= length
        remaining -= 1
    return max(SHORT_NAME, *lengths)


class Canvas:
    """A drawing with the contents of its boxes, its highlighting, its marks and its cursor."""

    def __init__(
        self,
        boxes: Boxes,
        drawing: Drawing,
        label_of: Callable[[str], Label],
        *,
        version_of_labels: Callable[[], object] = object,
    ) -> None:
        """Make a canvas; `version_of_labels` returns the same object while all labels stay."""
        self.boxes = boxes
        self.drawing = drawing
        self._label_of = label_of
        self._version_of_labels = version_of_labels
        self.cursor: str | None = None
        self.marked: Collection[str] = frozenset()
        self._lit: Highlight | None = None
        self._heavy: Highlight | None = None
        self._pieces: dict[tuple[int, int, int], tuple[StyledRun, ...]] = {}
        """Cache of lines without the contents of boxes."""
        self._finished: dict[tuple[int, int, int, str | None], tuple[int, StyledTexts]] = {}
        """Cache of lines with the contents of boxes, by line, columns and the cursor if in it."""
        self._finished_for: tuple[object, Collection[str]] = None, frozenset()
        """The version and the marks for which `_finished` is valid."""

    def light(self, lit: Collection[str] | None, heavy: Collection[str]) -> None:
        """Highlight the boxes `lit` and fade the others; `None` highlights and fades nothing.

        Edges between the boxes `heavy` are drawn thick.
        """
        self._lit = self.drawing.highlight(lit) if lit is not None else None
        self._heavy = self.drawing.highlight(heavy) if heavy else None
        self._pieces.clear()
        self._finished.clear()

    def lines(self, rows: range, left: int, right: int) -> list[tuple[int, StyledTexts]]:
        """Return for each line in `rows` the column where its content begins, and its content."""
        version, marked = self._finished_for
        current = self._version_of_labels()
        if version is not current or marked != self.marked or len(self._finished) >= _KEPT_LINES:
            self._finished.clear()
            self._finished_for = current, self.marked
        box = self.drawing.boxes.get(self.cursor) if self.cursor is not None else None
        cursor_line = box.y if box is not None else None
        finished, lines = self._finished, []
        for y in rows:
            key = y, left, right, self.cursor if y == cursor_line else None
            line = finished.get(key)
            if line is None:
                line = finished[key] = self._line(y, left, right)
            lines.append(line)
        return lines

    def _line(self, y: int, left: int, right: int) -> tuple[int, StyledTexts]:
        pieces = self._pieces.get((y, left, right))
        if pieces is None:
            if len(self._pieces) >= _KEPT_LINES:
                self._pieces.clear()
            pieces = tuple(self.drawing.line(y, left, right, self._lit, self._heavy))
            self._pieces[y, left, right] = pieces
        start = column = min(left, pieces[0].x) if pieces else left
        texts: list[tuple[str, str]] = []
        for number, piece in enumerate(pieces):
            if piece.x > column:
                texts.append((Tone.PLAIN, " " * (piece.x - column)))
                column = piece.x
            column += piece.width
            if piece.node is None or piece.text:
                style = "heavy" if piece.is_heavy else "lit" if piece.is_lit else "edge"
                if self._lit is not None and not piece.is_lit:
                    style += " faint"
                texts.append((style, piece.text))
                continue
            label = self._label_of(piece.node)
            room = self.boxes.reserved_note_cells.get(piece.node, 0)
            width = piece.width - room
            texts += self._box(piece.node, label, width, piece.is_lit, piece.is_heavy)
            if room:
                note = fit(f" {label.note}", room, Align.LEFT)
                texts.append((self._style(label.tone, piece.is_lit), note))
                continue
            next_column = pieces[number + 1].x if number + 1 < len(pieces) else None
            needed = cell_len(label.note) + 2 * _BLANKS_AROUND_NOTE
            if label.note and (next_column is None or next_column - column >= needed):
                texts.append((self._style(label.tone, piece.is_lit), f" {label.note}"))
                column += needed - _BLANKS_AROUND_NOTE
        return start, tuple(texts)

    def _box(
        self, key: str, label: Label, width: int, is_lit: bool, is_heavy: bool
    ) -> list[tuple[str, str]]:
        mark = MARKED if key in self.marked else " "
        tag = self.boxes.tag(key)
        name = fit(self.boxes.names[key], width - _CELLS_BEFORE_NAME - cell_len(tag), Align.LEFT)
        under = " cursor" if key == self.cursor else ""
        name_look = Tone.STRONG if is_heavy or is_lit else Tone.PLAIN
        return [
            (f"marked{under}", mark),
            (self._style(label.tone, is_lit) + under, f"{label.glyph} "),
            (self._style(name_look, is_lit) + under, name),
            *([(self._style(Tone.DIM, is_lit) + under, tag)] if tag else ()),
        ]

    def _style(self, tone: str, is_lit: bool) -> str:
        """Return the style of a text in a box; faint if only other boxes are highlighted."""
        return tone if is_lit or self._lit is None else f"{tone} faint"
