"""Each line of a canvas is composed once, until its content changes."""

from studio_tui.presentation.cells import Tone
from studio_tui.tui.pipelines.graph.canvas import MARKED, Boxes, Canvas, Label, drawing_of

BOXES = Boxes({"a": "first", "b": "second", "c": "third"}, {"a": (), "b": ("a",), "c": ("b",)})


class CountingCanvas:
    """A canvas of three boxes below each other that counts how often it composes a box."""

    def __init__(self) -> None:
        self.glyph = "·"
        self.composed_boxes = 0
        self.version = object()
        drawing = drawing_of(BOXES, full_names=True)
        self.canvas = Canvas(BOXES, drawing, self.label, version_of_labels=lambda: self.version)

    def label(self, _: str) -> Label:
        """Return the same content for any box."""
        self.composed_boxes += 1
        return Label(self.glyph, Tone.PLAIN)

    def text(self, box: str) -> str:
        """Return the line of a box, with `>` before each part that shows the cursor."""
        y = self.canvas.drawing.boxes[box].y
        [(_, runs)] = self.canvas.lines(range(y, y + 1), 0, 40)
        return "".join((">" if "cursor" in style else "") + text for style, text in runs)


def test_a_line_that_has_not_changed_is_not_composed_again() -> None:
    counting = CountingCanvas()
    first = counting.canvas.lines(range(1), 0, 40)[0]
    assert counting.composed_boxes == 1
    assert counting.canvas.lines(range(1), 0, 40)[0] is first
    assert counting.composed_boxes == 1


def test_a_move_of_the_cursor_composes_only_its_old_and_its_new_line() -> None:
    counting = CountingCanvas()
    counting.canvas.cursor = "a"
    assert ">" in counting.text("a")
    assert ">" not in counting.text("b")
    assert ">" not in counting.text("c")
    composed_before = counting.composed_boxes
    counting.canvas.cursor = "b"
    assert ">" not in counting.text("a")
    assert ">" in counting.text("b")
    assert ">" not in counting.text("c")
    assert counting.composed_boxes == composed_before + 2


def test_new_states_marks_and_highlights_are_drawn_at_once() -> None:
    counting = CountingCanvas()
    assert "· first" in counting.text("a")
    counting.glyph, counting.version = "✓", object()
    assert "✓ first" in counting.text("a")
    assert MARKED not in counting.text("a")
    counting.canvas.marked = frozenset({"a"})
    assert MARKED in counting.text("a")
    before = counting.canvas.lines(range(1), 0, 40)[0]
    counting.canvas.light(frozenset({"b"}), ())
    assert counting.canvas.lines(range(1), 0, 40)[0] != before
