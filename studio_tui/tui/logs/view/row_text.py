"""The text of one row of a log with its styles, before it gets the width of the screen."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Self, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Runs: TypeAlias = Sequence[tuple[Style, str]]
"""Pieces of text, each with its style."""


class RowText(NamedTuple):
    """Text in several styles, which is created and cut much faster than Textual's `Strip`."""

    runs: Runs
    width: int
    """Cells."""

    @classmethod
    def of(cls, runs: Iterable[tuple[Style, str]]) -> Self:
        """Return the text of `runs`; this measures its width."""
        pieces = tuple(runs)
        return cls(pieces, sum(_width(text) for _, text in pieces))

    def crop(self, start: int, end: int) -> "RowText":
        """Return the cells from `start` to `end`; half of a wide character becomes a blank."""
        if start == 0 and end >= self.width:
            return self
        if not all(text.isascii() for _, text in self.runs):
            strip = Strip([Segment(text, style) for style, text in self.runs]).crop(start, end)
            return RowText.of((segment.style or Style.null(), segment.text) for segment in strip)
        parts, column = [], 0
        for style, text in self.runs:
            part = text[max(0, start - column) : max(0, end - column)]
            if part:
                parts.append((style, part))
            column += len(text)
        return RowText(parts, max(0, min(end, self.width) - start))


def on_ground(runs: Runs, ground: Style, plain: Style) -> list[tuple[Style, str]]:
    """Return `runs` with the background of `ground` wherever they have that of `plain`."""
    background = Style(bgcolor=ground.bgcolor)
    return [
        (style + background if style.bgcolor == plain.bgcolor else style, text)
        for style, text in runs
    ]


def wrap(body: RowText, text: str, room: int) -> list[RowText]:
    """Split a row with the text `text` into rows of up to `room` cells; no character is split."""
    if body.width == len(text):
        cuts = list(range(0, max(1, len(text)), room))
    else:
        cuts = [0]
        cells = 0
        for character in text:
            width = cell_len(character)
            if cells + width - cuts[-1] > room and cells > cuts[-1]:
                cuts.append(cells)
            cells += width
    return [body.crop(*cut) for cut in pairwise([*cuts, max(1, body.width)])]


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
