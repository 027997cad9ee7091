"""Rows of a log as strips: our gutter at the left, the line's safe text beside it."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from studio_tui.presentation.log_lines import PLAIN, Colour, Pen, StyledLine, styled_line
from studio_tui.service.log_store import LogStore
from studio_tui.tui.widgets.log_window import Row

_KEPT = 512
"""Lines, and rows, that are kept as drawn."""
_MATCH_LIMIT = 500
"""Matches of one line that are lit."""


@dataclass(frozen=True)
class Palette:
    """The styles of the sheet, resolved once."""

    text: Style
    gutter: Style
    mark: Style
    note: Style
    match: Style
    current: Style
    named: tuple[Color | None, ...]
    """What the log's black, red, green, yellow, blue, magenta, cyan and white are here."""

    def style(self, pen: Pen) -> Style:
        """Return the style of a pen."""
        return self.text if pen == PLAIN else _style_of(self, pen)

    def colour(self, colour: Colour | None) -> Color | None:
        """Return a colour of the log as one of ours; the 16 named ones are the theme's."""
        if colour is None:
            return None
        if isinstance(colour, tuple):
            return Color.from_rgb(*colour)
        named = self.named[colour % 8] if colour < 16 else None
        return named or Color.from_ansi(colour)


@lru_cache(maxsize=4096)
def _style_of(palette: Palette, pen: Pen) -> Style:
    return palette.text + Style(
        color=palette.colour(pen.foreground),
        bgcolor=palette.colour(pen.background),
        bold=pen.bold or None,
        dim=pen.dim or None,
        italic=pen.italic or None,
        underline=pen.underline or None,
        strike=pen.strike or None,
        reverse=pen.reverse or None,
    )


class _Drawn(NamedTuple):
    """A line as it was drawn last."""

    end: int
    """Where the line ended then: the last line grows."""
    strip: Strip
    cuts: tuple[int, ...]
    """Cells at which its rows begin."""


class LogPainter:
    """Draws rows of one store and keeps the lines it drew last.

    Every change of a property drops what was kept, where it matters.
    """

    def __init__(self, store: LogStore, palette: Palette) -> None:
        self._store = store
        self._palette = palette
        self._lines: OrderedDict[tuple[int, int], _Drawn] = OrderedDict()
        self._rows: OrderedDict[tuple[object, ...], Strip] = OrderedDict()
        self._width = 80
        self._gutter = 2
        self._wrap = False
        self._numbers = False
        self._pattern: re.Pattern[str] | None = None

    def adjust(
        self,
        *,
        palette: Palette,
        width: int,
        wrap: bool,
        numbers: bool,
        pattern: re.Pattern[str] | None,
    ) -> None:
        """Say how to draw from now on; `width` is in cells, with the gutter."""
        gutter = max(4, len(f"{self._store.lines:,}")) + 2 if numbers else 2
        wanted = (palette, width, gutter, wrap, numbers, pattern)
        known = (
            self._palette, self._width, self._gutter, self._wrap, self._numbers, self._pattern
        )  # fmt: skip
        if wanted != known:
            (
                self._palette, self._width, self._gutter, self._wrap, self._numbers, self._pattern
            ) = wanted  # fmt: skip
            self._lines.clear()
            self._rows.clear()

    @property
    def _room(self) -> int:
        """Cells for the log's text."""
        return max(1, self._width - self._gutter)

    def parts(self, start: int) -> int:
        """Return how many rows the line at `start` takes."""
        marks = len(self._store.marks_of(start))
        if marks and start == self._store.size:
            return marks
        return marks + (len(self._line(start).cuts) if self._wrap else 1)

    def styled(self, start: int) -> StyledLine:
        """Return the safe text of the line at `start`."""
        line = self._store.line_at(start)
        return styled_line(line.head, tail=line.tail, length=line.length)

    def row(self, row: Row, *, left: int, is_current: bool) -> Strip:
        """Return one row, exactly as wide as was said; `left` cells of an unwrapped line are off.

        Rows of other kinds than log text can be told by their gutter, in which no log can draw.
        """
        key = (row, left, is_current, self._store.line_end(row.start), self._store.version)
        strip = self._rows.get(key)
        if strip is None:
            strip = self._row(row, left, is_current)
            if self._store.is_indexed:
                self._rows[key] = strip
            if len(self._rows) > _KEPT:
                self._rows.popitem(last=False)
        return strip

    def _row(self, row: Row, left: int, is_current: bool) -> Strip:
        marks = self._store.marks_of(row.start)
        if row.part < len(marks):
            text = f"┅┅ {marks[row.part].text} "
            text += "┅" * (self._room - cell_len(text))
            return self._beside("", "┅", Strip([Segment(text, self._palette.mark)]))
        part = row.part - len(marks)
        line = self._line(row.start)
        if self._wrap:
            cuts = (*line.cuts, line.strip.cell_length)
            body = line.strip.crop(cuts[part], cuts[part + 1])
        else:
            body = line.strip.crop(left, left + self._room)
        sign = "▌" if is_current else "┊" if part else " "
        return self._beside("" if part else self._number(row.start), sign, body)

    def blank(self) -> Strip:
        """Return a row below the end of the log."""
        return self._beside("", " ", Strip([]))

    def _number(self, start: int) -> str:
        if not self._numbers:
            return ""
        number = self._store.number_of(start)
        return "?" if number is None else f"{number + 1:,}"

    def _beside(self, number: str, sign: str, body: Strip) -> Strip:
        palette = self._palette
        style = palette.current if sign == "▌" else palette.gutter
        segments = [
            Segment(f"{number:>{self._gutter - 2}}{sign}", style),
            Segment(" ", palette.text),
        ]
        rest = self._width - self._gutter - body.cell_length
        if rest > 0:
            return Strip([*segments, *body, Segment(" " * rest, palette.text)], self._width)
        return Strip([*segments, *body], self._width - rest).crop(0, self._width)

    def _line(self, start: int) -> _Drawn:
        key = (start, self._store.version)
        end = self._store.line_end(start)
        drawn = self._lines.get(key)
        if drawn is None or drawn.end != end:
            strip, text = self._draw(self.styled(start))
            drawn = _Drawn(end, strip, self._cuts(strip, text) if self._wrap else (0,))
            self._lines[key] = drawn
            if len(self._lines) > _KEPT:
                self._lines.popitem(last=False)
        self._lines.move_to_end(key)
        return drawn

    def _draw(self, line: StyledLine) -> tuple[Strip, str]:
        """Return the line and all of its text, with what we add to it."""
        palette = self._palette
        segments = [Segment(text, style) for text, style in self._runs(line)]
        note = ""
        if line.updates:
            note = f" ×{line.updates + 1:,}"
        if line.omitted:
            note += f" … {line.omitted:,} more bytes"
        if note:
            segments.append(Segment(note, palette.note))
        return Strip(segments), line.text + note

    def _runs(self, line: StyledLine) -> Iterator[tuple[str, Style]]:
        """Cut the text where the pen changes or a match begins or ends."""
        matches = self._matches(line.text)
        if not line.spans and not matches:
            if line.text:
                yield line.text, self._palette.text
            return
        edges = {0, len(line.text)}
        edges.update(edge for span in line.spans for edge in (span.start, span.end))
        edges.update(edge for match in matches for edge in match)
        spans, lit = iter(line.spans), iter(matches)
        span, match = next(spans, None), next(lit, None)
        for start, end in pairwise(sorted(edges)):
            if span and span.end <= start:
                span = next(spans, None)
            if match and match[1] <= start:
                match = next(lit, None)
            style = self._palette.style(span.pen if span and span.start <= start else PLAIN)
            if match and match[0] <= start:
                style += self._palette.match
            yield line.text[start:end], style

    def _matches(self, text: str) -> list[tuple[int, int]]:
        if self._pattern is None:
            return []
        found = zip(self._pattern.finditer(text), range(_MATCH_LIMIT), strict=False)
        return [match.span() for match, _ in found if match.end() > match.start()]

    def _cuts(self, strip: Strip, text: str) -> tuple[int, ...]:
        """Return the cells at which wrapped rows begin; no wide character is cut in two."""
        room = self._room
        if strip.cell_length == len(text):
            return tuple(range(0, max(1, len(text)), room))
        cuts = [0]
        cells = 0
        for character in text:
            width = cell_len(character)
            if cells + width - cuts[-1] > room and cells > cuts[-1]:
                cuts.append(cells)
            cells += width
        return tuple(cuts)
