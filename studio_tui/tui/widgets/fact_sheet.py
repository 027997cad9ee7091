"""Shows facts as lines: a narrow column of labels, and wrapped values beside them."""

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.columns import Align
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.facts import LABEL_WIDTH, Fact, FactLine
from studio_tui.tui.placed_styles import resolved_once
from studio_tui.tui.widgets.line_view import LineView
from studio_tui.tui.widgets.table_layout import fit

_MAX_LABEL_WIDTH = 32
_GAP = "  "
_LABEL = "facts--label"


def label_width(facts: Iterable[Fact | FactLine]) -> int:
    """Return the width in cells of the column of labels."""
    labels = [fact.label for fact in facts if isinstance(fact, Fact)]
    return min(max([LABEL_WIDTH, *map(cell_len, labels)]), _MAX_LABEL_WIDTH)


class FactSheet(LineView):
    """A scrollable list of facts that paints only changed lines."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {_LABEL, *(f"facts--{tone}" for tone in Tone)}

    def __init__(self, *, id: str | None = None, more_hint: str = "") -> None:  # noqa: A002 (as Textual calls it)
        """Make an empty sheet.

        `more_hint` says how to see hidden lines, such as `"enter shows all"`. Unless it is empty,
        it replaces the last visible line if a value continues below that line.
        """
        super().__init__(id=id)
        self._more_hint = more_hint
        self._facts: tuple[Fact | FactLine, ...] = ()
        self._drawn: dict[tuple[Fact | FactLine, int, int], list[Strip]] = {}
        self._blank = Strip([])

    def show(self, facts: tuple[Fact | FactLine, ...]) -> None:
        """Show `facts`; equal facts paint nothing."""
        if facts != self._facts:
            self._facts = facts
            self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn.clear()
        self._blank = Strip([])

    def lines(self) -> list[Strip]:
        width, height = self.scrollable_content_region.size
        if self._blank.cell_length != width:
            self._blank = self._strip("", "", _LABEL, 0, width)
        lines = self._all_lines()
        visible = lines[self.top : self.top + height]
        lines_below = len(lines) - self.top - height
        if self._more_hint and height > 1 and self._cuts_value(self.top + height):
            # The words replace the last visible line, so this line counts as hidden too.
            words = f"… {plural(lines_below + 1, 'more line')}: {self._more_hint}"
            visible[-1] = self._strip("", words, "facts--dim", label_width(self._facts), width)
        return visible + [self._blank] * (height - len(visible))

    def _lay_out(self) -> None:
        self.set_line_count(len(self._all_lines()))
        # Fewer facts than before might leave nothing visible.
        self.scroll_to(y=min(self.top, self.max_scroll_y), animate=False, force=True)
        self.repaint()

    def _cuts_value(self, end: int) -> bool:
        begin = 0
        for lines in self._lines_by_fact():
            if begin < end < begin + len(lines):
                return True
            begin += len(lines)
        return False

    def _all_lines(self) -> list[Strip]:
        return [line for lines in self._lines_by_fact() for line in lines]

    def _lines_by_fact(self) -> list[list[Strip]]:
        """Return the lines of each fact; equal facts have equal lines."""
        width, labels = self.scrollable_content_region.width, label_width(self._facts)
        keys = [(fact, labels, width) for fact in self._facts]
        self._drawn = {key: self._drawn.get(key) or self._draw(*key) for key in keys}
        return [self._drawn[key] for key in keys]

    def _draw(self, fact: Fact | FactLine, label_width: int, width: int) -> list[Strip]:
        if isinstance(fact, FactLine):
            segments = [
                Segment(fit(cell.text, cells, Align.LEFT), self._style(f"facts--{cell.tone}"))
                for cell, cells in zip(fact.cells, fact.widths, strict=True)
            ]
            return [Strip(segments).adjust_cell_length(width, self._style("facts--plain"))]
        room = max(1, width - label_width - len(_GAP))
        wrapped = [line.plain for line in Content(fact.value.text).wrap(room)] or [""]
        tone = f"facts--{fact.value.tone}"
        return [
            self._strip(fact.label if number == 0 else "", text, tone, label_width, width)
            for number, text in enumerate(wrapped)
        ]

    def _strip(self, label: str, text: str, look: str, label_width: int, width: int) -> Strip:
        head = fit(label, label_width, Align.LEFT) + _GAP
        body = fit(text, max(0, width - len(_GAP) - label_width), Align.LEFT)
        segments = [Segment(head, self._style(_LABEL)), Segment(body, self._style(look))]
        return Strip(segments).crop(0, width)

    def _style(self, component: str) -> Style:
        return resolved_once(self, component, lambda: self.resolve(component))
