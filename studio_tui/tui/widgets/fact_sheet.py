"""Facts as lines: a narrow column of labels and, beside it, values that wrap."""

from collections.abc import Sequence
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.job_facts import Fact

_LABEL_LEAST = 6
_LABEL_MOST = 32
_GAP = 2


class FactLines(Widget):
    """The facts themselves, as tall as they need."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "facts--label",
        *(f"facts--{tone}" for tone in Tone),
    }

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[Fact, ...] = ()

    def show(self, facts: tuple[Fact, ...]) -> None:
        """Show `facts`; the same facts again paint nothing, and the screen is laid out anew only
        when they take more or fewer lines.
        """
        if facts != self._facts:
            self._facts = facts
            width, height = self.size
            self.refresh(layout=not width or len(self._lines(width)) != height)

    def render(self) -> Content:
        """Draw the facts."""
        return Content("\n").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return how many lines the facts take at `width`."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Content]:
        if not self._facts:
            return []
        longest = max(Content(fact.label).cell_length for fact in self._facts)
        label_width = min(max(longest, _LABEL_LEAST), _LABEL_MOST)
        room = max(1, width - label_width - _GAP)
        label_style = self.get_visual_style("facts--label")
        lines = []
        for label, (text, tone) in self._facts:
            head = Content(label).truncate(label_width, ellipsis=True, pad=True)
            style = self.get_visual_style(f"facts--{tone}")
            wrapped = Content(text).wrap(room) or [Content("")]
            for number, line in enumerate(wrapped):
                left = head if number == 0 else Content(" " * label_width)
                lines.append(
                    Content.assemble(left.stylize(label_style), " " * _GAP, line.stylize(style))
                )
        return lines


class FactSheet(VerticalScroll):
    """Facts that can be scrolled when they are many."""

    def __init__(self, *, id: str | None = None, can_focus: bool = False) -> None:  # noqa: A002
        super().__init__(id=id, can_focus=can_focus)
        self._lines = FactLines()

    def compose(self) -> Sequence[Widget]:
        """Compose the lines."""
        return (self._lines,)

    def show(self, facts: tuple[Fact, ...]) -> None:
        """Show `facts`."""
        self._lines.show(facts)
