"""The graph mode of a pipeline: boxes, with the relatives of the current one highlighted."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from rich.cells import cell_len
from textual.screen import Screen

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.logs.progress import share_text
from studio_tui.presentation.pipelines.graph.critical import critical_path_of
from studio_tui.presentation.pipelines.graph.segments import worst_of
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, NodeState
from studio_tui.presentation.pipelines.views.group_rows import numbers_of
from studio_tui.tui.pipelines.graph.canvas import (
    Boxes,
    Canvas,
    Label,
    boxes_of,
    drawing_of,
    group_boxes,
)
from studio_tui.tui.pipelines.graph.graph_view import Area, GraphView
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.table_cursor import nearest_remaining
from studio_tui.tui.widgets.workers import start_worker

MOST_WITHOUT_THREAD = 300
"""Number of boxes that are laid out, and of jobs that are processed, without a thread."""

NOTE_ROOM = 8
"""Cells for the note at the right of the rightmost box; groups may need more."""


class _Key(NamedTuple):
    """The values that determine the drawing."""

    shape: tuple[object, ...]
    boxes: Boxes
    full_names: bool


class DrawingView:
    """A pipeline as boxes with lines between them."""

    canvas: Canvas | None = None
    """The drawing; `None` in other modes, and until it is laid out."""
    _latest: tuple[_Key, Canvas] | None = None
    """The drawing that was laid out last; kept while another mode is shown."""
    _laying_out: _Key | None = None
    _corner: tuple[int, int] | None = None
    """Where to scroll once the drawing is laid out."""
    _shown_before: tuple[Sequence[str], str | None] = ((), None)
    """The boxes that were shown last, and which of them had the cursor."""
    _lit_for: str | None = None
    """The box whose relatives are highlighted."""

    def __init__(self, state: GraphState, screen: Screen[Any]) -> None:
        self.widget = GraphView(self._cursor_area)
        self._state = state
        self._structure = state.structure
        self._screen = screen

    # The interface of all modes, see `RowsView`.

    @property
    def cursor(self) -> str | None:
        return self.canvas.cursor if self.canvas is not None else None

    def scroll_corner_to(self, left: int, top: int) -> None:
        """Scroll a cell of the drawing to the upper left corner, once the drawing is laid out."""
        if self.canvas is None:
            self._corner = left, top
        else:
            self.widget.scroll_corner_to(left, top)

    def hide(self) -> None:
        self.canvas = None

    def repaint(self) -> None:
        if self.canvas is not None:
            self.canvas.marked = self._state.marked_keys(self.canvas.boxes.members)
            self.widget.repaint()

    show_marks = repaint

    def show_relatives(self) -> None:
        if self.canvas is not None and self._lit_for != self.canvas.cursor:
            self._light(self.canvas)
            self.widget.repaint()

    def go(self, key: str) -> None:  # noqa: ARG002 (rows need it)
        """Move the cursor to `key`, to which the state's cursor is already set.

        Its relatives are highlighted only when it rests, so that a step is cheap.
        """
        if self.canvas is None:
            return
        self.canvas.cursor = self._box_of(self.canvas)
        self._shown_before = self._shown_before[0], self.canvas.cursor
        self.widget.reveal()

    def members(self, key: str) -> Sequence[str]:
        if (group := self._structure.group(key)) is not None:
            return group.members
        return (key,) if key in self._state.loaded.plan.nodes else ()

    def all_keys(self) -> Sequence[str]:
        return tuple(self.canvas.boxes.names) if self.canvas is not None else ()

    def order(self) -> Sequence[str]:
        return ()

    def in_sight(self) -> Sequence[str]:
        if self.canvas is None:
            return []
        top, bottom = self.widget.top, self.widget.top + self.widget.size.height
        boxes = self.canvas.drawing.boxes.values()
        return [box.id for box in boxes if top <= box.y < bottom]

    # Specific to a drawing.

    def neighbor(self, direction: str) -> str | None:
        """Return the box to which the cursor moves in a direction, if there is one.

        This is the closest parent (`up`) or child (`down`), the next box in the layer (`left`,
        `right`), or the `first` or `last` box of all.
        """
        if self.canvas is None or self.canvas.cursor is None:
            return None
        boxes = list(self.canvas.drawing.boxes)
        if direction in {"first", "last"}:
            return boxes[0 if direction == "first" else -1]
        return self.canvas.drawing.neighbor(self.canvas.cursor, direction)

    def at(self, x: int, y: int) -> str | None:
        """Return the box at a cell of the drawing, if there is one."""
        return self.canvas.drawing.node_at(x, y) if self.canvas is not None else None

    @property
    def leaves_edges_out(self) -> bool:
        """Whether there are edges that are drawn only with the option `all_edges`."""
        return self.canvas is not None and bool(self.canvas.boxes.implied)

    def label_of(self, key: str, boxes: Boxes) -> Label:
        """Return the content of a box, which may be of jobs that no longer exist."""
        model = self._state.view_model()
        node = model.plan.nodes.get(key)
        if node is not None:
            look, bar = model.statuses.look(key), model.bar(node)
            note = share_text(bar) if bar is not None else ""
            return Label(look.glyph, look.tone, note)
        members = [each for each in boxes.members.get(key, ()) if each in model.plan.nodes]
        numbers = numbers_of(members, model.statuses)
        worst = worst_of(numbers) or NodeState.UNKNOWN
        note = f"{numbers[NodeState.DONE]}/{len(members)}" if members else ""
        if numbers[NodeState.FAILED]:
            note += f" {SHOWN_LOOKS[NodeState.FAILED].glyph}{numbers[NodeState.FAILED]}"
        return Label(SHOWN_LOOKS[worst].glyph, SHOWN_LOOKS[worst].tone, note)

    # Layout.

    def boxes(self, *, ignore_filter: bool = False) -> Boxes:
        """Return the boxes of the shown jobs, or of their groups; or those of all jobs."""
        plan, all_edges = self._state.loaded.plan, self._state.view.all_edges
        groups = self._structure.groups(ignore_filter=ignore_filter)
        if groups is not None:
            return group_boxes(plan, groups, all_edges=all_edges)
        only = None if ignore_filter else self._state.shown_nodes()
        return boxes_of(plan, only, all_edges=all_edges)

    def show(self) -> None:
        """Draw the pipeline, with the cursor where it was."""
        if not self._state.is_loaded:
            return
        boxes = self.boxes()
        key = _Key(self._state.loaded.plan.shape, boxes, self._state.view.full_names)
        if self._latest is not None and self._latest[0] == key:
            self._show_canvas(self._latest[1])
        elif len(boxes.names) <= MOST_WITHOUT_THREAD:
            self._latest = key, self._lay_out(key)
            self._show_canvas(self._latest[1])
        elif self._laying_out != key:
            self._laying_out = key
            laying_out = partial(self._lay_out_in_thread, key)
            start_worker(self._screen, laying_out, name="lay out", group="lay out")

    def _lay_out(self, key: _Key) -> Canvas:
        drawing = drawing_of(key.boxes, full_names=key.full_names)
        return Canvas(
            key.boxes,
            drawing,
            partial(self.label_of, boxes=key.boxes),
            version_of_labels=self._state.view_model,
        )

    async def _lay_out_in_thread(self, key: _Key) -> None:
        """Lay out the boxes and show them, unless another drawing is being laid out by then."""
        canvas = await asyncio.to_thread(self._lay_out, key)
        if self._laying_out != key:
            return
        self._laying_out = None
        self._latest = key, canvas
        if self._state.view.mode is Mode.GRAPH:
            keeps_cursor_visible = self.canvas is None or self.widget.shows_cursor
            self.show()
            if self._corner is not None:
                self.widget.scroll_corner_to(*self._corner)
                self._corner = None
            if keeps_cursor_visible:
                self._screen.call_after_refresh(self.widget.reveal)

    def _show_canvas(self, canvas: Canvas) -> None:
        self.canvas = canvas
        drawing = canvas.drawing
        if not drawing.boxes:
            lines = [f" {line}" for line in self._state.empty_text().splitlines()]
            self.widget.show(
                max(map(cell_len, lines)),
                len(lines),
                lambda rows, *_: [(0, ((str(Tone.DIM), lines[row]),)) for row in rows],
            )
            return
        canvas.marked = self._state.marked_keys(canvas.boxes.members)
        canvas.cursor = self._box_of(canvas)
        self._shown_before = tuple(canvas.boxes.names), canvas.cursor
        self._light(canvas)
        digits = (len(str(len(members))) for members in canvas.boxes.members.values())
        # A group's note has three numbers: ` 131/480 ✗3 `.
        room = max(NOTE_ROOM, *(3 * each + len("  / ✗ ") for each in digits), 0)
        self.widget.show(drawing.width + room, drawing.height, canvas.lines)

    # The cursor and highlighting.

    def _box_of(self, canvas: Canvas) -> str | None:
        """Return the box for the saved cursor: its own, else its group's, else a near one."""
        key, names = self._state.view.cursor, canvas.boxes.names
        visible_key = self._structure.visible_key(key, names) if key is not None else None
        return visible_key or self._nearest_remaining(tuple(names))

    def _nearest_remaining(self, names: Sequence[str]) -> str | None:
        """Return the box nearest to the one that had the cursor; else the first."""
        boxes, key = self._shown_before
        if not names or key is None or key not in boxes:
            return next(iter(names), None)
        return names[nearest_remaining(boxes, boxes.index(key), names)]

    def _cursor_area(self) -> Area | None:
        if self.canvas is None or (key := self.canvas.cursor) is None:
            return None
        box, boxes = self.canvas.drawing.boxes[key], self.canvas.boxes
        note = self.label_of(key, boxes).note if key not in boxes.reserved_note_cells else ""
        beside = cell_len(note) + 1 if note else 0
        return Area(box.label_x, box.y, box.label_width + beside)

    def _light(self, canvas: Canvas) -> None:
        self._lit_for = canvas.cursor
        lit = canvas.boxes.relatives(canvas.cursor) if canvas.cursor is not None else None
        is_critical = self._state.view.critical
        canvas.light(lit, critical_path_of(self._state.view_model()) if is_critical else ())
