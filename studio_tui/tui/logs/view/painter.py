"""Draws rows of a log as strips: a gutter, and the safe text of the line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.cache import FIFOCache

from studio_tui.presentation.logs.lines import PLAIN, StyledLine, styled_line
from studio_tui.presentation.logs.live_rows import REDRAWN, UP, LiveRows
from studio_tui.presentation.logs.progress import parse_progress
from studio_tui.presentation.logs.row_forms import rows_of
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.log_store import LogLine, LogStore, StoredRow
from studio_tui.service.logs.store.marks import Mark
from studio_tui.tui.logs.view.palette import LogPalette
from studio_tui.tui.logs.view.place import LogLook
from studio_tui.tui.logs.view.row_text import RowText, on_ground, wrap
from studio_tui.tui.logs.view.spot import starts_upwards
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.quick_strip import QuickStrip

_CACHE_SIZE = 512
"""Maximum number of lines, and of rows, in the cache."""
_BEFORE = 256 * 1024
"""Maximum number of bytes before a line that are searched for the rows that the line redraws."""
_ABOVE = 20
"""Maximum number of lines above a line from which it may inherit its level."""
_ABOVE_BYTES = 4096
"""Bytes that are read of each of these lines above."""

_LESS, _MORE = "‹", "›"
"""Signs at the edges of a row: its line begins further left, or continues further right."""

CURRENT, BOOKMARKED, SELECTED = 1, 2, 4
"""Flags for the highlighting of a row: the current line, bookmarked, selected."""

_GLYPHS = ((CURRENT, "▌"), (SELECTED, "▎"), (BOOKMARKED, "◆"))
"""The sign in the gutter for each flag; of several, the first one, and beside it the bookmark."""


class GutterColumn(NamedTuple):
    """A column of the gutter; a log cannot fake its texts, as it has no control over the gutter."""

    width: int
    """Width in cells, including a blank at the end."""
    text: Callable[[int], tuple[str, Style | None]]
    """Returns the text and optional style for the line at an offset."""


@dataclass(frozen=True)
class RowOptions:
    palette: LogPalette
    look: LogLook
    width: int = 80
    """Cells, including the gutter."""
    states: bool = False
    """Whether a rewritten line shows its earlier states too, one per row."""
    is_part: bool = False
    """Whether the store contains only a part of a log, so that line numbers are unknown."""
    highlighted: SearchPattern | None = None
    columns: tuple[GutterColumn, ...] = ()
    folds: bool = False
    """Whether rows that are redrawn repeatedly are shown once, at their last line."""


class _DrawnLine(NamedTuple):
    """A line in the cache, without its bytes, which may be many."""

    start: int
    end: int
    """End of the line when it was drawn."""
    is_whole: bool
    """Whether a newline ended it; a line without one may grow."""
    marks: tuple[Mark, ...]
    number: int | None
    rows: tuple[RowText, ...]
    """The rows without the gutter and the marks; in full length unless lines are wrapped."""


class LogPainter:
    """Draws rows of one store and caches the latest lines."""

    def __init__(self, store: LogStore, palette: LogPalette) -> None:
        self.chosen: FilteredLines | None = None
        """The lines whose text is drawn; `None` for all."""
        self._store = store
        self._options = RowOptions(palette, LogLook())
        self._digits = 0
        """Width of line numbers, in cells; 0 if they are hidden."""
        self._gutter = 2
        self._room = self._options.width - self._gutter
        """Width of the log's text, in cells."""
        self._lines: FIFOCache[tuple[int, int], _DrawnLine] = FIFOCache(_CACHE_SIZE)
        self._rows: FIFOCache[tuple[object, ...], QuickStrip] = FIFOCache(_CACHE_SIZE)
        self._latest = (-1, -1, "")
        """Of the line drawn last: the store's version, the start of the next line, and the text."""

    def adjust(self, options: RowOptions) -> None:
        """Set the display options; a change clears the caches of lines and rows."""
        digits = max(4, len(f"{self._store.lines:,}")) if options.look.numbers else 0
        if digits and options.columns:
            digits += 1  # a blank before the column beside the number
        if options != self._options or digits != self._digits:
            self._options = options
            self._digits = digits
            self._gutter = 2 + digits + sum(column.width for column in options.columns)
            self._room = max(1, options.width - self._gutter)
            self._lines.clear()
            self._rows.clear()

    def row_count(self, start: int) -> int:
        marks = len(self._store.marks_of(start))
        if marks and (start == self._store.size or not self._is_shown(start)):
            return marks
        return marks + len(self._drawn_line(start).rows)

    def _is_shown(self, start: int) -> bool:
        return self.chosen is None or start in self.chosen.matches

    def styled_rows(self, start: int) -> tuple[StyledLine, ...]:
        """Return the safe text of the line at `start`, one item for each row of its form."""
        return self._rows_of(self._store.line_at(start))

    def _rows_of(self, line: LogLine) -> tuple[StyledLine, ...]:
        if self._options.folds and (rows := self._redrawn_rows(line.start)):
            return rows
        above = partial(self._above, line.start)
        rows = rows_of(
            line.head,
            line.tail,
            line.length,
            self._options.look.json_form,
            with_states=self._options.states,
            above=above,
        )
        is_plain = line.length <= _ABOVE_BYTES and not self._options.states
        is_text_of_line = is_plain and len(rows) == 1 and line.head.lstrip()[:1] != b"{"
        # Rows in another form, such as JSON, do not have the text that `_above` yields.
        text = rows[0].text if is_text_of_line else styled_line(line.head[:_ABOVE_BYTES]).text
        self._latest = (self._store.version, line.start + line.length + 1, text)
        return rows

    def _redrawn_rows(self, start: int) -> tuple[StyledLine, ...]:
        store, tag = self._store, self._store.tag_length
        begin, end = store.line_start(max(0, start - _BEFORE)), store.line_end(start)
        if start - begin > 2 * _BEFORE:
            begin = start
        above = store.read(begin, start - begin)
        # Several bars may share one very long line; its end has their present states.
        line_part = max(start + tag, end - _BEFORE)
        line = store.read(start, tag) + store.read(line_part, end - line_part)
        window = above + line + store.read(end, REDRAWN)
        if not UP.search(window):
            return ()
        lines = window.split(b"\n")
        number = above.count(b"\n")
        job_tag = lines[number][:tag]
        # In a merged log, only lines of the same job redraw each other's rows.
        numbers = [each for each, line in enumerate(lines) if line[:tag] == job_tag]
        rows = LiveRows(b"\n".join(lines[each][tag:] for each in numbers))
        return tuple(styled_line(row) for row in rows.rows(numbers.index(number)))

    def _above(self, start: int) -> Iterator[str]:
        """Yield the texts of the lines above, the nearest first.

        None in a merged log, where these may be lines of other jobs.
        """
        if self._store.tag_length:
            return
        version, line_below, text = self._latest
        if (version, line_below) == (self._store.version, start):
            # Rows are drawn from the top, so the line above is usually the one drawn last.
            yield text
            above = self._store.previous_start(start)
            start = start if above is None else above
        for line_start in islice(starts_upwards(self._store, start), 1, _ABOVE + 1):
            line = self._store.line_at(line_start)
            yield styled_line(line.head[:_ABOVE_BYTES]).text

    def row(self, row: Row, *, left: int, flags: int) -> QuickStrip:
        """Return one row with its gutter, without the first `left` cells of an unwrapped line.

        `flags` are those of its line, such as `CURRENT | BOOKMARKED`.
        """
        line = self._drawn_line(row.start)
        key = (row, left, flags, line.end, self._store.version)
        strip = self._rows.get(key)
        if strip is None:
            strip = self._row(line, row, left, flags)
            if not self._digits or self._store.is_indexed:
                # Otherwise the number of the line may not be known yet.
                self._rows[key] = strip
        return strip

    def _row(self, line: _DrawnLine, row: Row, left: int, flags: int) -> QuickStrip:
        if row.part < len(line.marks):
            text = f"┅┅ {line.marks[row.part].text} "
            text += "┅" * (self._room - cell_len(text))
            signs = "▌┅" if flags & CURRENT else "┅ "
            body = RowText.of([(self._options.palette.mark, text)])
            return self._with_gutter(None, signs, body, flags & CURRENT)
        part = row.part - len(line.marks)
        body = line.rows[min(part, len(line.rows) - 1)]
        if not self._options.look.wrap:
            is_cut = body.width > left + self._room
            is_scrolled = bool(left and body.width)
            body = body.crop(left + is_scrolled, left + self._room - is_cut)
            if is_scrolled:
                body = RowText([(self._options.palette.note, _LESS), *body.runs], body.width + 1)
            if is_cut:
                body = RowText([*body.runs, (self._options.palette.note, _MORE)], body.width + 1)
        signs = "┊ " if part else "  "
        if flags:
            first, *others = [glyph for flag, glyph in _GLYPHS if flags & flag]
            signs = first + ("◆" if "◆" in others else " ")
        return self._with_gutter(None if part else line, signs, body, flags)

    def blank(self) -> QuickStrip:
        """Return a row below the end of the log."""
        return self._with_gutter(None, "  ", RowText((), 0), 0)

    def _number(self, line: _DrawnLine) -> str:
        """Return the number of a line, which may have been drawn before it was counted."""
        number = self._store.number_of(line.start) if line.number is None else line.number
        return "?" if number is None or self._options.is_part else f"{number + 1:,}"

    def _with_gutter(
        self, line: _DrawnLine | None, signs: str, body: RowText, flags: int
    ) -> QuickStrip:
        """Add the gutter to a row; `line` is the line that begins in the row, else `None`.

        `signs` are the two cells before the text.
        """
        options, palette = self._options, self._options.palette
        runs: list[tuple[Style, str]] = []
        if self._digits:
            number = self._number(line) if line else ""
            number = f"{number} " if options.columns else number
            runs.append((palette.gutter, f"{number:>{self._digits}}"))
        for column in options.columns:
            text, style = column.text(line.start) if line else ("", None)
            runs.append((style or palette.stamp, set_cell_size(text, column.width - 1) + " "))
        sign_style = palette.current if flags & (CURRENT | BOOKMARKED) else palette.gutter
        runs.append((sign_style, signs[0]))
        second_style = palette.text if signs[1] == " " else sign_style
        text_runs = [(second_style, signs[1]), *body.runs]
        blanks = options.width - self._gutter - body.width
        if blanks > 0:
            text_runs.append((palette.text, " " * blanks))
        if flags & (CURRENT | SELECTED):
            ground = palette.selected if flags & SELECTED else palette.cursor
            text_runs = on_ground(text_runs, ground, palette.text)
        runs += text_runs
        if blanks < 0:
            runs = list(RowText(runs, options.width - blanks).crop(0, options.width).runs)
        return QuickStrip(runs, palette.brush, options.width)

    def _drawn_line(self, start: int) -> _DrawnLine:
        key = (start, self._store.version)
        drawn = self._lines.get(key)
        if drawn is None or not (drawn.is_whole or drawn.end == self._store.size):
            drawn = self._lines[key] = self._draw_line(self._store.row(start))
        return drawn

    def _draw_line(self, stored: StoredRow) -> _DrawnLine:
        rows: list[RowText] = []
        for line in self._rows_of(stored.line):
            body, text = self._draw(line)
            rows += wrap(body, text, self._room) if self._options.look.wrap else [body]
        return _DrawnLine(
            start=stored.line.start,
            end=stored.end,
            is_whole=stored.end < self._store.size,
            marks=stored.marks,
            number=stored.number,
            rows=tuple(rows),
        )

    def _draw(self, line: StyledLine) -> tuple[RowText, str]:
        palette = self._options.palette
        runs = list(self._runs(line))
        note = ""
        if line.updates > 1 and (line.is_alike or parse_progress(line.text) is not None):
            note = f" ×{line.updates + 1:,}{'+' if line.has_more else ''}"
        if line.omitted:
            note += f" … {line.omitted:,} more bytes"
        if note:
            runs.append((palette.note, note))
        return RowText.of(runs), line.text + note

    def _runs(self, line: StyledLine) -> Iterator[tuple[Style, str]]:
        options = self._options
        matches = options.highlighted.spans(line.text) if options.highlighted else []
        if not line.spans and not matches:
            if line.text:
                yield options.palette.style(PLAIN), line.text
            return
        edges = {0, len(line.text)}
        edges.update(edge for span in line.spans for edge in (span.start, span.end))
        edges.update(edge for match in matches for edge in match)
        next_spans, next_matches = iter(line.spans), iter(matches)
        span, match = next(next_spans, None), next(next_matches, None)
        for start, end in pairwise(sorted(edges)):
            if span and span.end <= start:
                span = next(next_spans, None)
            if match and match[1] <= start:
                match = next(next_matches, None)
            pen = span.pen if span and span.start <= start else PLAIN
            is_match = bool(match and match[0] <= start)
            yield options.palette.style(pen, lit=is_match), line.text[start:end]
