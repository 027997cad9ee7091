"""The box of every dialog: title and answers stay, and the content between them scrolls.

What its layout needs of Textual beyond the public interface is in
docs/upstream/layout-box-model.md.
"""

from fractions import Fraction

from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.geometry import NULL_OFFSET, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.widget import Widget
from textual.widgets import Button

SHRINKS = "-shrinks"
"""The CSS class of widgets that shrink if a dialog does not fit."""


class ShrinkingLayout(VerticalLayout):
    """A vertical layout that shrinks the tallest `SHRINKS` widgets if its children do not fit."""

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Place the children; a height of 0 means unlimited."""
        placements = list(super().arrange(parent, children, size, greedy))
        # A size of 0 asks for the natural height.
        excess = max((each.region.bottom for each in placements), default=0) - size.height
        heights = [each.region.height for each in placements]
        shrinking = [n for n, each in enumerate(placements) if each.widget.has_class(SHRINKS)]
        while size.height and excess > 0 and any(heights[n] > 1 for n in shrinking):
            heights[max(shrinking, key=heights.__getitem__)] -= 1
            excess -= 1
        moved = 0
        for n, each in enumerate(placements):
            x, y, width, height = each.region
            placements[n] = each._replace(region=Region(x, y - moved, width, heights[n]))
            moved += height - heights[n]
        return placements


class WrappingLayout(Layout):
    """A horizontal layout that wraps to the next row."""

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002 (Textual's form)
    ) -> ArrangeResult:
        """Place the children; a width of 0 means unlimited."""
        placements: list[WidgetPlacement] = []
        x = y = row = 0
        for child in children:
            box = child._get_box_model(
                size, parent.app.viewport_size, Fraction(size.width), Fraction(size.height)
            )
            width, height, margin = int(box.width), int(box.height), box.margin
            if x and size.width and x + width > size.width:
                x, y, row = 0, y + row, 0
            if size.width:
                width = min(width, size.width)
            placements.append(
                WidgetPlacement(Region(x, y, width, height), NULL_OFFSET, margin, child)
            )
            x += width + margin.right
            row = max(row, height)
        return placements


class DialogBox(Container):
    """The container of a dialog's widgets."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children, classes="dialog")
        self._giving_way = ShrinkingLayout()

    @property
    def layout(self) -> Layout:
        """The layout of the dialog; a style sheet can only name Textual's own."""
        return self._giving_way


class DialogBody(VerticalScroll):
    """The scrollable content of a dialog; the dialog's keys scroll it."""

    def __init__(self, *children: Widget, classes: str = "") -> None:
        super().__init__(*children, can_focus=False, classes=f"{SHRINKS} {classes}")


class DialogButtons(Container):
    """The buttons of a dialog, wrapped to as many rows as they need."""

    def __init__(self, *buttons: Button) -> None:
        super().__init__(*buttons, classes="answers")
        self._flowing = WrappingLayout()

    @property
    def layout(self) -> Layout:
        """The layout of the buttons."""
        return self._flowing


def answer(key: str, words: str, name: str) -> Button:
    """Return the button of an answer that also has a key."""
    return Button(Content.assemble((key, "underline"), "  ", words), id=name, compact=True)
