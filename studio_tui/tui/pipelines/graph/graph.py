"""The mode of a pipeline that draws it, with the lineage of the job under the cursor lit."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from textual import work
from textual.getters import query_one

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.logs.progress import share
from studio_tui.presentation.pipelines.drawing.graph import Direction
from studio_tui.presentation.pipelines.graph.segments import worst_of
from studio_tui.presentation.pipelines.graph.statuses import SHOWN_LOOKS, Shown
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
from studio_tui.tui.pipelines.graph.layout_cache import DagShape
from studio_tui.tui.pipelines.graph.memory import Mode

AT_ONCE = 300
"""Boxes that are laid out at once; more are by a thread."""

NOTE_ROOM = 8
"""Cells for what is said to the right of the rightmost box."""


class _Wanted(NamedTuple):
    """What a drawing depends on."""

    shape: str
    boxes: tuple[str, ...]
    full_names: bool


class DagGraph(DagShape):
    """Mixin of the screen of a pipeline that draws it."""

    graph = query_one("#dag-graph", GraphView)
    canvas: Canvas | None = None
    """What is drawn; `None` in the modes that are lists, and until it is laid out."""
    _drawn: tuple[_Wanted, Canvas] | None = None
    _laying_out: _Wanted | None = None
    _lit_for: str | None = None
    """The box whose kin are lit."""

    def show_graph(self) -> None:
        """Draw the pipeline, with the cursor where it was."""
        if self.standing is None:
            return
        groups, plan = self.groups(), self.standing.plan
        boxes = boxes_of(plan, self.only()) if groups is None else group_boxes(plan, groups)
        wanted = _Wanted(plan.shape, tuple(boxes.names.values()), self.view.full_names)
        if self._drawn is not None and self._drawn[0] == wanted:
            self._show_canvas(self._drawn[1])
        elif len(boxes.names) <= AT_ONCE:
            self._drawn = wanted, self._laid_out(boxes, wanted)()
            self._show_canvas(self._drawn[1])
        elif self._laying_out != wanted:
            self._laying_out = wanted
            self._lay_out(wanted, self._laid_out(boxes, wanted))

    def _laid_out(self, boxes: Boxes, wanted: _Wanted) -> Callable[[], Canvas]:
        return lambda: Canvas(boxes, drawing_of(boxes, full_names=wanted.full_names), self.label_of)

    @work(name="lay out", group="lay out")
    async def _lay_out(self, wanted: _Wanted, lay_out: Callable[[], Canvas]) -> None:
        """Lay out in a thread, and show it unless something else is wanted by then."""
        canvas = await asyncio.to_thread(lay_out)
        if self._laying_out == wanted:
            self._laying_out = None
            self._drawn = wanted, canvas
            if self.view.mode is Mode.GRAPH:
                self.show_graph()

    def _show_canvas(self, canvas: Canvas) -> None:
        self.canvas = canvas
        drawing = canvas.drawing
        if not drawing.boxes:
            nothing = ((str(Tone.DIM), f" {self.nothing_words()}"),)
            self.graph.show(len(nothing[0][1]), 1, lambda *_: (0, nothing))
            return
        canvas.marked = self._marked_boxes(canvas)
        canvas.cursor = self.box_of(canvas)
        self._light(canvas)
        self.graph.show(drawing.width + NOTE_ROOM, drawing.height, canvas.line)

    def box_of(self, canvas: Canvas) -> str | None:
        """Return the box that stands for the cursor's node: itself, or its group."""
        key = self.view.cursor
        names = canvas.boxes.names
        if key is not None and key not in names:
            key = self.group_of(key)
        return key if key in names else next(iter(names), None)

    def light_kin(self) -> None:
        """Let what the box under the cursor waits for stand out, and what waits for it."""
        if self.canvas is not None and self._lit_for != self.canvas.cursor:
            self._light(self.canvas)
            self.graph.repaint()

    def _light(self, canvas: Canvas) -> None:
        self._lit_for = canvas.cursor
        lit = canvas.boxes.kin(canvas.cursor) if canvas.cursor is not None else None
        canvas.light(lit, self.critical_nodes() if self.view.critical else ())

    def move_in_graph(self, key: str, *, centre: bool = False) -> None:
        """Put the cursor on a box, and bring it in sight; its kin are lit once it rests there.

        So a step costs two lines, and not all that the lines of its kin cross.
        """
        canvas = self.canvas
        if canvas is None:
            return
        canvas.cursor = self.box_of(canvas)
        box = canvas.drawing.boxes.get(canvas.cursor or key)
        if box is None:
            self.graph.repaint()
            return
        area = Area(box.label_x, box.y, box.label_width)
        (self.graph.centre if centre else self.graph.reveal)(area)

    def boxes_in_sight(self) -> list[str]:
        """Return the boxes on the lines that are looked at."""
        if self.canvas is None:
            return []
        top, bottom = self.graph.top, self.graph.top + self.graph.size.height
        boxes = self.canvas.drawing.boxes.values()
        return [box.id for box in boxes if top <= box.y < bottom]

    def repaint_graph(self) -> None:
        """Paint the lines that say something else by now."""
        if self.canvas is not None:
            self.canvas.marked = self._marked_boxes(self.canvas)
            self.graph.repaint()

    def on_graph_view_stepped(self, message: GraphView.Stepped) -> None:
        """Go to the box that lies in a direction."""
        canvas = self.canvas
        if canvas is None or canvas.cursor is None:
            return
        boxes = list(canvas.drawing.boxes)
        if message.direction in {"first", "last"}:
            self.go(boxes[0 if message.direction == "first" else -1])
            return
        near = canvas.drawing.neighbour(canvas.cursor, Direction(message.direction))
        if near is not None:
            self.go(near)

    def on_graph_view_pointed(self, message: GraphView.Pointed) -> None:
        """Go to the box that was clicked; open the one under the cursor."""
        canvas = self.canvas
        pointed = canvas.drawing.at(message.x, message.y) if canvas is not None else None
        if canvas is None or pointed is None:
            return
        if pointed == canvas.cursor:
            self.open_here()
        else:
            self.go(pointed)

    @abstractmethod
    def open_here(self) -> None:
        """Show more of what is under the cursor."""

    def label_of(self, key: str) -> Label:
        """Return what the box of a node or group says now."""
        known = self.known()
        node = known.plan.nodes.get(key)
        if node is not None:
            look, bar = known.verdicts.look(key), known.bar(node)
            note = share(bar) if bar is not None else ""
            return Label(look.glyph, look.tone, note)
        group = next((each for each in self.groups() or () if each.key == key), None)
        if group is None:
            return Label("?", SHOWN_LOOKS[Shown.UNKNOWN].tone)
        numbers = numbers_of(group.members, known.verdicts)
        worst = worst_of(numbers) or Shown.UNKNOWN
        said = f"{numbers[Shown.DONE]}/{len(group.members)}"
        if numbers[Shown.FAILED]:
            said += f" {SHOWN_LOOKS[Shown.FAILED].glyph}{numbers[Shown.FAILED]}"
        return Label(SHOWN_LOOKS[worst].glyph, SHOWN_LOOKS[worst].tone, said)

    def _marked_boxes(self, canvas: Canvas) -> frozenset[str]:
        """Return the boxes that are marked; a group is, when all of it is."""
        marks = frozenset(self.view.marks)
        whole = (
            group.key for group in self.groups() or () if marks.issuperset(self.in_sight(group))
        ) if marks else ()  # fmt: skip
        return marks.union(whole).intersection(canvas.boxes.names)
