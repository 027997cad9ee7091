"""A Textual view that a key scrolls like the graph of a pipeline: the baseline of its cursor.

`python -m tests.bench.programs.scrolled 1000` draws the same lines with as many styles, from the
same places. The lines for all keys are made before the first key, so that a key costs only what
Textual needs to scroll, draw and send.
"""

import sys
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studio_tui.presentation.cells import Tone
from studio_tui.tui.pipelines.graph.canvas import Boxes, Canvas, Label, boxes_of, drawing_of
from studio_tui.tui.pipelines.graph.graph_view import MARGIN, crop_texts
from tests.bench import dag_pure
from tests.bench.suite import CURSOR

_WIDTH, _HEIGHT = 79, 34
"""Cells of the graph in a terminal of the benchmark, beside its side panel and scroll bar."""
_ROUNDS = 10
_LABEL = Label("●", Tone.GOOD)


class View(NamedTuple):
    """The visible lines after a key."""

    top: int
    lines: list[Strip]


class Scrolled(ScrollView, can_focus=True):
    """Shows the next of its views at every key."""

    DEFAULT_CSS = f"""
    Scrolled {{
        width: {_WIDTH + 1};
        height: {_HEIGHT};
        overflow-y: scroll;
        scrollbar-size: 1 1;
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [("down,up", "step", "Step")]

    def __init__(self, views: list[View], height: int) -> None:
        super().__init__()
        self._views = views
        self._index = 0
        self.virtual_size = Size(_WIDTH, max(height, _HEIGHT))

    def on_mount(self) -> None:
        """Render the lines before the first key, too."""
        for view in self._views:
            for strip in view.lines:
                strip.render(self.app.console)

    def action_step(self) -> None:
        """Show the next view: scroll to it, or redraw the lines that differ."""
        before = self._views[self._index]
        self._index = (self._index + 1) % len(self._views)
        now = self._views[self._index]
        if now.top != before.top:
            self.scroll_to(y=now.top, animate=False, force=True)
            return
        pairs = zip(before.lines, now.lines, strict=True)
        changed = [y for y, (old, new) in enumerate(pairs) if old is not new]
        self.refresh(*(Region(0, y, _WIDTH, 1) for y in changed))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return prepared lines."""
        return self._views[self._index].lines[crop.y : crop.bottom]


class ScrolledApp(App[None]):
    """An app with the view."""

    def __init__(self, jobs: int) -> None:
        super().__init__()
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """Compose one widget."""
        yield Scrolled(*views_of(self._jobs))


def views_of(jobs: int) -> tuple[list[View], int]:
    """Return the first view and that after each key of `CURSOR`, and the height of the graph."""
    view_model = dag_pure.view_model_of(dag_pure.pipeline(jobs))
    boxes: Boxes = boxes_of(view_model.plan, None)
    drawing = drawing_of(boxes, full_names=False)
    canvas = Canvas(boxes, drawing, lambda _: _LABEL)
    canvas.cursor = key = next(iter(boxes.names))
    canvas.light(boxes.relatives(key), ())
    left = top = 0
    strips: dict[object, Strip] = {}
    views = []
    for direction in (None, *CURSOR * _ROUNDS):
        if direction is not None:
            key = drawing.neighbor(key, direction) or key
        canvas.cursor = key
        box = drawing.boxes[key]
        left = _scrolled_to(left, box.label_x, box.label_width, _WIDTH, drawing.width)
        top = _scrolled_to(top, box.y, 1, _HEIGHT, drawing.height)
        lines = []
        for line in canvas.lines(range(top, top + _HEIGHT), left, left + _WIDTH):
            strip = strips.get((left, line))
            if strip is None:
                runs = crop_texts(line[1], left - line[0], _WIDTH)
                strip = strips[left, line] = Strip([Segment(t, _style(name)) for name, t in runs])
            lines.append(strip)
        views.append(View(top, lines))
    return views, drawing.height


def _style(name: str) -> Style:
    """Return a style for a name, so that styles change where those of the graph do."""
    number = sum(map(ord, name)) % 200
    return Style.parse(f"color({20 + number}) on #121212")


def _scrolled_to(offset: int, position: int, length: int, visible: int, total: int) -> int:
    """Return the scroll offset next to `offset` at which something at `position` is visible."""
    first, last = max(0, position - MARGIN), min(total, position + length + MARGIN)
    return min(max(offset, last - visible), first)


if __name__ == "__main__":
    ScrolledApp(int(sys.argv[1])).run()
