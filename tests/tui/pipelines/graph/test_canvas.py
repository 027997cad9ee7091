"""Lines of a canvas are composed once, until their content changes."""

from studio_tui.presentation.cells import Tone
from studio_tui.tui.pipelines.graph.canvas import MARKED, Boxes, Canvas, Label, drawing_of

BOXES = Boxes({"a": "first", "b": "second"}, {"a": (), "b": ("a",)})


class Content:
    """The content of boxes, which counts how often it was asked for."""

    def __init__(self) -> None:
        self.glyph = "·"
        self.asked = 0
        self.version = object()
        drawing = drawing_of(BOXES, full_names=True)
        self.canvas = Canvas(BOXES, drawing, self.label, version=lambda: self.version)

    def label(self, _: str) -> Label:
        """Return the content of each box."""
        self.asked += 1
        return Label(self.glyph, Tone.PLAIN)

    def text(self, box: str) -> str:
        """Return the line of a box, with `>` before parts under the cursor."""
        y = self.canvas.drawing.boxes[box].y
        [(_, runs)] = self.canvas.lines(range(y, y + 1), 0, 40)
        return "".join((">" if "cursor" in style else "") + text for style, text in runs)


def test_a_line_that_has_not_changed_is_not_composed_again() -> None:
    content = Content()
    first = content.canvas.lines(range(1), 0, 40)[0]
    asked = content.asked
    assert asked
    assert content.canvas.lines(range(1), 0, 40)[0] is first
    assert content.asked == asked


def test_a_step_of_the_cursor_composes_only_the_two_lines_that_show_it() -> None:
    content = Content()
    content.canvas.cursor = "a"
    assert ">" in content.text("a")
    assert ">" not in content.text("b")
    content.canvas.cursor = "b"
    assert ">" not in content.text("a")
    assert ">" in content.text("b")


def test_news_marks_and_highlights_are_shown_at_once() -> None:
    content = Content()
    assert "· first" in content.text("a")
    content.glyph, content.version = "✓", object()
    assert "✓ first" in content.text("a")
    assert MARKED not in content.text("a")
    content.canvas.marked = frozenset({"a"})
    assert MARKED in content.text("a")
    before = content.canvas.lines(range(1), 0, 40)[0]
    content.canvas.light(frozenset({"b"}), ())
    assert content.canvas.lines(range(1), 0, 40)[0] != before
