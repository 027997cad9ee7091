"""Drawing the lines of a table from cells."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import product, starmap
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.columns import Align
from studio_tui.tui.widgets.quick_strip import Brush, QuickStrip
from studio_tui.tui.widgets.table_layout import GAP, Placed, extent, fit, fixed_width

GUTTER = 2
"""Cells of the left edge, which never scrolls, for cursor and mark signs."""

CURSOR_SIGN = "▌"
MARK_SIGN = "*"

Cells: TypeAlias = tuple[Cell | Pieces, ...]

CellsOf: TypeAlias = Callable[[str], Cells]
"""Returns the cells of the row with a key; called for rows that are visible or to be measured."""

_KEPT_ROWS = 1024
"""How many entries a cache of `RowStrips` has at most; a full cache is emptied."""

_ASCENDING = "▲"
_DESCENDING = "▼"
_GAP = " " * GAP
_MORE = "…"
_MORE_COLUMNS = "›"
_LEFT = Align.LEFT
_NOTICE_MARGIN = 2
_SIGN = "sign"


class RowLook(NamedTuple):
    cursor: bool
    marked: bool


class Sorting(NamedTuple):
    """The order of the rows that the header indicates."""

    column: str
    descending: bool = False


COMPONENTS = frozenset(
    {
        *(f"big-table--{tone}" for tone in Tone),
        "big-table--cursor",
        "big-table--marked",
        "big-table--sign",
        "big-table--header",
        "big-table--header-sorted",
        "big-table--notice",
    }
)
"""The component classes of a table."""


class TablePalette(NamedTuple):
    """The styles of a table; those of rows are resolved on first use."""

    rows: Mapping[RowLook, Brush]
    """Style names are component classes without `big-table--`."""
    header: Style
    sorted_title: Style
    notice: Style

    @classmethod
    def resolve(cls, style: Callable[..., Style], colors: ColorSystem) -> "TablePalette":
        """Resolve the styles; `style` combines component classes, later ones on top."""

        def brush(look: RowLook) -> Brush:
            row_classes = ["big-table--marked"] * look.marked + ["big-table--cursor"] * look.cursor
            return Brush(lambda name: style(*row_classes, f"big-table--{name}"), colors)

        return cls(
            rows={look: brush(look) for look in starmap(RowLook, product((False, True), repeat=2))},
            header=style("big-table--header"),
            sorted_title=style("big-table--header", "big-table--header-sorted"),
            notice=style("big-table--notice"),
        )


class Painter:
    """Draws lines of one width, with one layout and palette, at one sideways position."""

    def __init__(
        self,
        palette: TablePalette,
        placed: Sequence[Placed],
        width: int,
        *,
        scroll: int = 0,
        sorting: Sorting | None = None,
        notice: str = "",
    ) -> None:
        self.width = width
        self.placed = placed
        excess = extent(placed) + GUTTER - width
        self.fixed_columns_width = fixed_width(placed, width - GUTTER)
        """In cells, without the gutter."""
        self.scroll_stops = tuple(
            _stops(placed, self.fixed_columns_width, width - GUTTER - self.fixed_columns_width)
        )
        """Values of `scroll` at which a scrolling column begins, or a part of a wide one."""
        self.max_scroll = (
            0 if excess <= 0 else min((x for x in self.scroll_stops if x >= excess), default=excess)
        )
        """The largest `scroll`, which shows the end of the last column; 0 if everything fits."""
        self.scroll = min(scroll, self.max_scroll)
        """Cells of the scrolling columns that are hidden at the left."""
        self._palette = palette
        spare = max(0, -excess)
        self._length = GUTTER + extent(placed) + spare
        """Cells of a row before it is cropped."""
        self._places = [
            (p.cell, p.width, p.column.align, _GAP if p is not placed[-1] else " " * spare)
            for p in placed
        ]
        """Index of the cell, width, alignment and blanks at the right of each shown column."""
        self._shown_columns = frozenset(p.column.key for p in placed)
        plain = palette.rows[RowLook(cursor=False, marked=False)].style(Tone.PLAIN)
        self.blank = Strip([Segment(" " * width, plain)], width)
        self.header = self._draw_titles(sorting)
        self.notice = self._draw_notice(notice)

    def row(self, cells: Cells, look: RowLook) -> Strip:
        """Draw a row; `cells` are in the order of all columns, shown or not."""
        signs = (CURSOR_SIGN if look.cursor else " ") + (MARK_SIGN if look.marked else " ")
        # Neighboring texts of the same tone make one run, which needs one escape code.
        runs: list[tuple[str, str]] = []
        run_tone, run = _SIGN, signs
        places, following = self._places, 0
        while following < len(places):
            index, width, align, after = places[following]
            cell = self._cell(cells[index])
            following += 1
            length = _length(cell)
            if length > width and align is _LEFT and not self.max_scroll:
                # Let the text continue over empty cells at its right.
                while following < len(places):
                    next_index, next_width, _, next_after = places[following]
                    if _has_text(cells[next_index]):
                        break
                    width, after = width + len(after) + next_width, next_after
                    following += 1
                if following == len(places):
                    width, after = width + len(after), ""
            if isinstance(cell, Pieces):
                for text, tone, *_ in _fit_parts(cell.parts, width):
                    if tone is not run_tone:
                        runs.append((run_tone, run))
                        run_tone, run = tone, ""
                    run += text
            else:
                text, tone, shorter, *_ = cell
                if text and tone is not run_tone:
                    runs.append((run_tone, run))
                    run_tone, run = tone, ""
                if length > width:
                    text = _first_that_fits(shorter, width) if shorter else text
                    run += fit(text, width, align)
                else:
                    blanks = " " * (width - length)
                    run += text + blanks if align is _LEFT else blanks + text
            run += after
        runs.append((run_tone, run))
        return self._crop(QuickStrip(runs, self._palette.rows[look], self._length))

    def _cell(self, cell: Cell | Pieces) -> Cell | Pieces:
        """Apply `Cell.beside` for the shown columns."""
        if isinstance(cell, Pieces):
            return cell
        for key, text in cell.beside:
            if key in self._shown_columns:
                return Cell(text, cell.tone)
        return cell

    def next_scroll(self, scroll: int, direction: int) -> int:
        """Return the next stop to the left (-1) or to the right (1) of `scroll`, or the limit."""
        if direction < 0:
            left = max((x for x in self.scroll_stops if x < scroll), default=0)
            return min(left, self.max_scroll)
        if scroll >= self.max_scroll:
            return scroll
        return min(
            self.max_scroll,
            min((x for x in self.scroll_stops if x > scroll), default=self.max_scroll),
        )

    def column_at(self, x: int) -> str | None:
        """Return the key of the column that has cell `x` of a line, or the gap at its right."""
        inner = x - GUTTER
        if inner < 0:
            return None
        if inner >= self.fixed_columns_width:
            inner += self.scroll
        return next((p.column.key for p in self.placed if p.x <= inner < p.x + p.width + GAP), None)

    def _draw_titles(self, sorting: Sorting | None) -> Strip:
        plain = self._palette.header
        titles = [Segment(" " * GUTTER, plain)]
        for (column, _, _, width), (*_, after) in zip(self.placed, self._places, strict=True):
            title, style = column.title, plain
            if sorting is not None and sorting.column == column.key:
                arrow = _DESCENDING if sorting.descending else _ASCENDING
                title = fit(title, min(cell_len(title), width - 1), Align.LEFT) + arrow
                style = self._palette.sorted_title
            titles += [Segment(fit(title, width, column.align), style), Segment(after, plain)]
        header = self._crop(Strip(titles, self._length))
        if self.scroll >= self.max_scroll:
            return header
        return Strip([*header.crop(0, self.width - 1), Segment(_MORE_COLUMNS, plain)], self.width)

    def _draw_notice(self, text: str) -> list[Strip]:
        strips = []
        room = max(1, self.width - 2 * _NOTICE_MARGIN)
        for content in Content(text).wrap(room) if text else ():
            line = content.plain.rstrip()
            line = fit(line, min(cell_len(line), self.width), Align.LEFT)
            left = (self.width - cell_len(line)) // 2
            filled = fit(" " * left + line, self.width, Align.LEFT)
            strips.append(Strip([Segment(filled, self._palette.notice)], self.width))
        return strips

    def _crop(self, line: Strip) -> Strip:
        """Return the fixed part, and as much of the scrolling part as fits beside it."""
        if not self.max_scroll:
            return line
        fixed_end = GUTTER + self.fixed_columns_width
        left = fixed_end + self.scroll
        room = self.width - fixed_end
        scrolling = line.crop(left, left + room)
        fill = self.blank.crop(0, room - scrolling.cell_length)
        return Strip([*line.crop(0, fixed_end), *scrolling, *fill], self.width)


def _length(cell: Cell | Pieces) -> int:
    """Return how many terminal cells the whole text of a table cell takes."""
    if isinstance(cell, Pieces):
        return sum(cell_len(part.text) for part in cell.parts)
    return len(cell.text) if cell.text.isascii() else cell_len(cell.text)


def _first_that_fits(texts: Sequence[str], width: int) -> str:
    return next((text for text in texts if cell_len(text) <= width), texts[-1])


def _has_text(cell: Cell | Pieces) -> bool:
    if isinstance(cell, Pieces):
        return any(part.text for part in cell.parts)
    return bool(cell.text)


def _stops(placed: Sequence[Placed], fixed_columns_width: int, room: int) -> Iterator[int]:
    """Yield where each scrolling column begins, and further stops in one wider than `room`."""
    step = max(1, room // 2)
    for p in placed:
        if (start := p.x - fixed_columns_width) >= 0:
            yield start
            yield from range(start + step, start + p.width - room + step, step)


def _fit_parts(parts: Sequence[Cell], width: int) -> Iterator[Cell]:
    """Yield parts with `width` cells in total: shortened, cut with an ellipsis or filled up."""
    parts = [part for part in parts if part.text] or [NOTHING]
    for text, tone, *_ in parts[:-1]:
        length = cell_len(text)
        if length >= width:
            # One more character, so that `fit` adds an ellipsis for the parts left out.
            shown = text if length == width else _text_to_cut(text)
            yield Cell(fit(shown + _MORE, width, Align.LEFT), tone)
            return
        yield Cell(text, tone)
        width -= length
    text, tone, shorter, *_ = parts[-1]
    if cell_len(text.rstrip()) > width:
        text = _first_that_fits(shorter or (_text_to_cut(text) or _MORE,), width)
    yield Cell(fit(text.rstrip(), width, Align.LEFT), tone)


def _text_to_cut(text: str) -> str:
    """Return the text of a part that does not fit, to be cut with an ellipsis.

    A part that ends with a blank is a word that is not cut: its text is left out.
    """
    return "" if text.endswith(" ") else text


class RowStrips:
    """A cache of rows: an unchanged row has the identical strip, until the cache is emptied."""

    def __init__(self, cells_of: CellsOf) -> None:
        self._cells_of = cells_of
        self._current: dict[str, Cells] = {}
        """The cells of the rows that were requested since they expired."""
        self._drawn: dict[tuple[str, RowLook], tuple[Cells, Strip]] = {}

    def expire(self) -> None:
        """Request cells again before rows are next shown; only changed rows are then redrawn."""
        self._current.clear()

    def clear(self) -> None:
        """Discard drawn rows."""
        self._drawn.clear()

    def strips(
        self, keys: Sequence[str], cursor: str | None, marked: Set[str], painter: Painter
    ) -> list[Strip]:
        """Return the strips of rows, with the cursor on the row `cursor`."""
        return [self._strip(key, key == cursor, key in marked, painter) for key in keys]

    def _strip(self, key: str, is_cursor: bool, is_marked: bool, painter: Painter) -> Strip:
        look, cells = RowLook(is_cursor, is_marked), self._cells(key)
        drawn = self._drawn.get((key, look))
        if drawn is None or (drawn[0] is not cells and drawn[0] != cells):
            if len(self._drawn) >= _KEPT_ROWS:
                self._drawn.clear()
            drawn = self._drawn[key, look] = cells, painter.row(cells, look)
        return drawn[1]

    def cells_to_measure(self, keys: Sequence[str]) -> list[Cells]:
        """Return the cells of those `keys` whose cells were not requested since they expired."""
        return [self._cells(key) for key in keys if key not in self._current]

    def _cells(self, key: str) -> Cells:
        cells = self._current.get(key)
        if cells is None:
            if len(self._current) >= _KEPT_ROWS:
                self._current.clear()
            cells = self._current[key] = self._cells_of(key)
        return cells
