"""A Textual view that a key scrolls like the graph of a pipeline: the floor of a cursor there.

`python -m tests.bench.programs.scrolled 1000` draws the same lines with as many styles, from the
same places. What each key shows is made before the first, so that a key costs what Textual needs to
scroll, draw and send it, and nothing else.
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
from studio_tui.presentation.pipelines.drawing.graph import Direction
from studio_tui.tui.pipelines.graph.canvas import Boxes, Canvas, Label, boxes_of, drawing_of
from studio_tui.tui.pipelines.graph.graph_view import MARGIN, crop_runs
from tests.bench import dag_pure
from tests.bench.suite import CURSOR

_WIDTH, _HEIGHT = 79, 34
"""Cells of the graph in a terminal of the bench, beside its drawer and the scroll bar."""
_ROUNDS = 10
_LABEL = Label("●", Tone.GOOD)


class Place(NamedTuple):
    """What is in sight after a key."""

    top: int
    lines: list[Strip]


class Scrolled(ScrollView, can_focus=True):
    """Shows what is ready for the next place at every key."""

    DEFAULT_CSS = f"""
    Scrolled {{
        width: {_WIDTH + 1};
        height: {_HEIGHT};
        overflow-y: scroll;
        scrollbar-size: 1 1;
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [("down,up", "step", "Step")]

    def __init__(self, places: list[Place], height: int) -> None:
        super().__init__()
        self._places = places
        self._number = 0
        self.virtual_size = Size(_WIDTH, max(height, _HEIGHT))

    def on_mount(self) -> None:
        """Make what is sent, too."""
        for place in self._places:
            for strip in place.lines:
                strip.render(self.app.console)

    def action_step(self) -> None:
        """Scroll to the next place, or draw the lines that differ there."""
        before = self._places[self._number]
        self._number = (self._number + 1) % len(self._places)
        now = self._places[self._number]
        if now.top != before.top:
            self.scroll_to(y=now.top, animate=False, force=True)
            return
        pairs = zip(before.lines, now.lines, strict=True)
        changed = [y for y, (old, new) in enumerate(pairs) if old is not new]
        self.refresh(*(Region(0, y, _WIDTH, 1) for y in changed))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines that are ready."""
        return self._places[self._number].lines[crop.y : crop.bottom]


class ScrolledApp(App[None]):
    """Holds the view."""

    def __init__(self, jobs: int) -> None:
        super().__init__()
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Scrolled(*places_of(self._jobs))


def places_of(jobs: int) -> tuple[list[Place], int]:
    """Return what is in sight at first and after each key of `CURSOR`, and the height in lines."""
    known = dag_pure.known(dag_pure.pipeline(jobs))
    boxes: Boxes = boxes_of(known.plan, None)
    drawing = drawing_of(boxes, full_names=False)
    canvas = Canvas(boxes, drawing, lambda _: _LABEL)
    canvas.cursor = key = next(iter(boxes.names))
    canvas.light(boxes.kin(key), ())
    left = top = 0
    strips: dict[object, Strip] = {}
    places = []
    for direction in (None, *CURSOR * _ROUNDS):
        if direction is not None:
            key = drawing.neighbour(key, Direction(direction)) or key
        canvas.cursor = key
        box = drawing.boxes[key]
        left = _nearest(left, box.label_x, box.label_width, _WIDTH, drawing.width)
        top = _nearest(top, box.y, 1, _HEIGHT, drawing.height)
        lines = []
        for line in canvas.lines(range(top, top + _HEIGHT), left, left + _WIDTH):
            strip = strips.get((left, line))
            if strip is None:
                runs = crop_runs(line[1], left - line[0], _WIDTH)
                strip = strips[left, line] = Strip([Segment(t, _style(name)) for name, t in runs])
            lines.append(strip)
        places.append(Place(top, lines))
    return places, drawing.height


def _style(name: str) -> Style:
    """Return a style for a name, so that styles change where those of the graph do."""
    number = sum(map(ord, name)) % 200
    return Style.parse(f"color({20 + number}) on #121212")


def _nearest(start: int, place: int, size: int, room: int, whole: int) -> int:
    first, last = max(0, place - MARGIN), min(whole, place + size + MARGIN)
    return min(max(start, last - room), first)


if __name__ == "__main__":
    ScrolledApp(int(sys.argv[1])).run()
