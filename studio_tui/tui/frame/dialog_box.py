"""The box of every dialog, and its parts: a body that scrolls, lines of text, and buttons."""

from typing import cast

from textual.containers import Container, ItemGrid
from textual.content import Content
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout
from textual.layouts.vertical import VerticalLayout
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Button, Static

from studio_tui.tui.widgets.focus_in_sight import FocusInSight

SHRINKS = "-shrinks"
"""The CSS class of widgets that become lower if a dialog does not fit."""

_HANGING = 2
"""Cells by which the further rows of an indented line are indented more than its first."""

_MIN_BUTTON = 10
"""Cells of a short button; those of others are two more than their label."""

_GAP = 2
"""Cells between two buttons, which Textual forgets where it counts how many fit in a row."""


class ShrinkingLayout(VerticalLayout):
    """A vertical layout that takes rows from its tallest children if they do not fit.

    Only children of the CSS class `SHRINKS` become lower, down to 1 row each.
    """

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """A height of 0 means unlimited, to measure the natural height."""
        placements = list(super().arrange(parent, children, size, greedy))
        excess = max((placed.region.bottom for placed in placements), default=0) - size.height
        heights = [placed.region.height for placed in placements]
        shrinking = [n for n, placed in enumerate(placements) if placed.widget.has_class(SHRINKS)]
        while size.height and excess > 0 and any(heights[n] > 1 for n in shrinking):
            heights[max(shrinking, key=heights.__getitem__)] -= 1
            excess -= 1
        removed_rows = 0
        for n, placed in enumerate(placements):
            x, y, width, height = placed.region
            region = Region(x, y - removed_rows, width, heights[n])
            placements[n] = placed._replace(region=region)
            removed_rows += height - heights[n]
        return placements


class DialogBox(Container):
    """The container of a dialog's widgets."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children, classes="dialog")
        self._shrinking_layout = ShrinkingLayout()

    @property
    def layout(self) -> Layout:
        """A style sheet can only name Textual's layouts."""
        return self._shrinking_layout


class DialogBody(FocusInSight):
    """The scrollable content of a dialog, without focus; the dialog's keys scroll it."""

    def __init__(self, *children: Widget, classes: str = "") -> None:
        super().__init__(*children, classes=f"{SHRINKS} {classes}")


class DialogLines(Static):
    """Lines of safe text, wrapped; the further rows of a line begin after `indent` cells.

    If `indent` is 0, they begin `_HANGING` cells to the right of the first row of an indented line,
    and at the left edge for other lines.
    """

    def __init__(self, text: str = "", *, indent: int = 0, id: str | None = None) -> None:  # noqa: A002 (as Textual calls it)
        super().__init__(text, markup=False, id=id)
        self._indent = indent
        self._wrapped_at: dict[int, Content] = {}
        """The wrapped text by width; a layout asks for several widths."""

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        self._wrapped_at.clear()
        super().update(content, layout=layout)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 (Textual's form)
        return self.visual.get_optimal_width(self.styles.get_rules(), container.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 (Textual's form)
        return self._wrapped(width).get_height(self.styles.get_rules(), width) if width else 0

    def render(self) -> Content:
        return self._wrapped(self.content_size.width)

    def _wrapped(self, width: int) -> Content:
        if width not in self._wrapped_at:
            lines = cast("Content", self.visual).split(allow_blank=True)
            wrapped = Content("\n").join(self._wrapped_line(line, width) for line in lines)
            self._wrapped_at[width] = wrapped
        return self._wrapped_at[width]

    def _wrapped_line(self, line: Content, width: int) -> Content:
        blanks = len(line.plain) - len(line.plain.lstrip(" "))
        head, indent = (self._indent,) * 2 if self._indent else (blanks, blanks + _HANGING)
        if not (head > 0 and indent < width < line.cell_length):
            return line
        rows = line[head:].wrap(width - indent)
        return line[:head] + Content(f"\n{' ' * indent}").join(rows)


class DialogButtons(ItemGrid):
    """The buttons of a dialog, in as many rows as they need."""

    def __init__(self, *buttons: Button) -> None:
        widest = max(Content.from_text(button.label).cell_length for button in buttons)
        self._column_width = max(_MIN_BUTTON, widest + 2) + _GAP
        super().__init__(*buttons, min_column_width=self._column_width, stretch_height=False)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 (Textual's form)
        return len(self.children) * self._column_width


def answer_button(key: str, words: str, name: str) -> Button:
    """Return the button of an answer; its id is `name`."""
    return Button(Content.assemble((key, "underline"), "  ", words), id=name, compact=True)
