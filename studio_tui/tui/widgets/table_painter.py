"""Draws the lines of a table from cells; knows nothing of keys, scrolling or the cursor's place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.tui.widgets.table_layout import GAP, Align, Placed, extent, fit

GUTTER = 2
"""Cells at the left edge that never scroll sideways: the cursor's sign and the mark's."""

CURSOR_SIGN = "▌"
MARK_SIGN = "*"

CellsOf: TypeAlias = Callable[[str], tuple[Cell, ...]]
"""Gives the cells of a row, in the order of the columns; asked for rows in sight only."""

_KEPT_ROWS = 1024
"""Rows kept as drawn, so that paging back and forth draws nothing twice."""

_ASCENDING = "▲"
_DESCENDING = "▼"
_GAP = " " * GAP


class Look(NamedTuple):
    """How a row stands out from the others."""

    cursor: bool
    marked: bool


class Sorting(NamedTuple):
    """What the header says about the order of the rows."""

    column: str
    """Key of the column."""
    descending: bool = False


COMPONENTS = frozenset(
    {
        *(f"big-table--tone-{tone}" for tone in Tone),
        "big-table--cursor",
        "big-table--marked",
        "big-table--sign",
        "big-table--header",
        "big-table--header-sorted",
        "big-table--notice",
    }
)
"""The component classes that a style sheet gives colours to."""


@dataclass(frozen=True)
class Palette:
    """Every style a table is drawn in, resolved from the style sheet once."""

    rows: Mapping[Look, Mapping[Tone, Style]]
    signs: Mapping[Look, Style]
    """Styles of the gutter."""
    header: Style
    sorted: Style
    """Style of the title of the column that gives the order."""
    notice: Style
    """Style of what is said in place of rows."""

    @classmethod
    def resolve(cls, style: Callable[..., Style]) -> "Palette":
        """Read all styles; `style` lays the component classes it is given over one another."""
        rows, signs = {}, {}
        for look in map(Look._make, product((False, True), repeat=2)):
            under = ["big-table--marked"] * look.marked + ["big-table--cursor"] * look.cursor
            rows[look] = {tone: style(*under, f"big-table--tone-{tone}") for tone in Tone}
            signs[look] = style(*under, "big-table--sign")
        return cls(
            rows=rows,
            signs=signs,
            header=style("big-table--header"),
            sorted=style("big-table--header", "big-table--header-sorted"),
            notice=style("big-table--notice"),
        )


class Painter:
    """Draws lines of one width, with one layout and palette, at one sideways position."""

    header: Strip
    """The titles, with an arrow at the column that gives the order."""

    blank: Strip
    """A line below the last row."""

    notice: list[Strip]
    """The lines that are said in place of rows, centred."""

    def __init__(
        self,
        palette: Palette,
        placed: Sequence[Placed],
        width: int,
        *,
        scroll: int = 0,
        sorting: Sorting | None = None,
        notice: str = "",
    ) -> None:
        self.width = width
        """Cells of every line."""
        self.placed = placed
        hidden = extent(placed) + GUTTER - width
        self.reach = (
            0 if hidden <= 0 else min((p.x for p in placed if p.x >= hidden), default=hidden)
        )
        """The furthest that `scroll` goes: to the column that brings the last into sight, or 0."""
        self.scroll = min(scroll, self.reach)
        """Cells of the columns that are out of sight to the left."""
        self._palette = palette
        spare = max(0, width - GUTTER - extent(placed))
        self._places = [
            (p.cell, p.width, p.column.align, _GAP if p is not placed[-1] else " " * spare)
            for p in placed
        ]
        self.blank = Strip([Segment(" " * width, palette.rows[Look(False, False)][Tone.PLAIN])])
        self.header = self._titles(sorting)
        self.notice = self._centred(notice)

    def row(self, cells: Sequence[Cell], look: Look) -> Strip:
        """Draw a row; `cells` stand in the order of all columns, shown or not."""
        styles = self._palette.rows[look]
        plain = styles[Tone.PLAIN]
        body: list[Segment] = []
        run, run_style = "", plain
        for index, width, align, after in self._places:
            text, tone = cells[index]
            style = styles[tone] if text else run_style
            if style is not run_style:
                if run:
                    body.append(Segment(run, run_style))
                run, run_style = "", style
            run += fit(text, width, align) + after
        body.append(Segment(run, run_style))
        signs = (CURSOR_SIGN if look.cursor else " ") + (MARK_SIGN if look.marked else " ")
        return self._line(Segment(signs, self._palette.signs[look]), body)

    def column_at(self, x: int) -> str | None:
        """Return the key of the column at cell `x` of a line."""
        inner = x - GUTTER + self.scroll
        if x < GUTTER:
            return None
        return next((p.column.key for p in self.placed if p.x <= inner < p.x + p.width + GAP), None)

    def _titles(self, sorting: Sorting | None) -> Strip:
        plain = self._palette.header
        body = []
        for (column, _, _, width), (*_, after) in zip(self.placed, self._places, strict=True):
            title, style = column.title, plain
            if sorting is not None and sorting.column == column.key:
                arrow = _DESCENDING if sorting.descending else _ASCENDING
                title = fit(title, min(cell_len(title), width - 1), Align.LEFT) + arrow
                style = self._palette.sorted
            body += [Segment(fit(title, width, column.align), style), Segment(after, plain)]
        return self._line(Segment(" " * GUTTER, plain), body)

    def _centred(self, text: str) -> list[Strip]:
        strips = []
        for line in text.splitlines():
            shown = fit(line, min(cell_len(line), self.width), Align.LEFT)
            left = (self.width - cell_len(shown)) // 2
            filled = fit(" " * left + shown, self.width, Align.LEFT)
            strips.append(Strip([Segment(filled, self._palette.notice)], self.width))
        return strips

    def _line(self, gutter: Segment, body: list[Segment]) -> Strip:
        """Put the part of `body` that is in sight beside the gutter."""
        if self.reach:
            right = self.scroll + self.width - GUTTER
            body = list(Strip(body).crop_extend(self.scroll, right, body[-1].style))
        return Strip([gutter, *body], self.width)


@dataclass(slots=True)
class _Drawn:
    """A row as it was drawn last."""

    cells: tuple[Cell, ...]
    strip: Strip
    edition: int
    """The edition of the data that the cells are of."""


class RowStrips:
    """Rows as drawn: the very same strip for as long as a row says and looks the same."""

    def __init__(self, cells_of: CellsOf) -> None:
        self._cells_of = cells_of
        self._edition = 0
        self._drawn: dict[tuple[str, Look], _Drawn] = {}

    def expire(self) -> None:
        """Ask for cells again before rows are next shown; only those that differ are drawn."""
        self._edition += 1

    def clear(self) -> None:
        """Forget what was drawn, as for another painter."""
        self._drawn.clear()

    def strip(self, key: str, look: Look, painter: Painter) -> Strip:
        """Return a row as it is to be shown."""
        drawn = self._drawn.get((key, look))
        if drawn is not None and drawn.edition == self._edition:
            return drawn.strip
        cells = self._cells_of(key)
        if drawn is not None and drawn.cells == cells:
            drawn.edition = self._edition
            return drawn.strip
        if len(self._drawn) >= _KEPT_ROWS:
            self._drawn.clear()
        strip = painter.row(cells, look)
        self._drawn[key, look] = _Drawn(cells, strip, self._edition)
        return strip
