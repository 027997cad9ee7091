"""The layout of table columns: which of them fit a width, their positions and their widths."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from studio_tui.presentation.columns import Align, Column

GAP = 2

LEAST_SCROLLED = 12
"""Cells that a fixed column must leave to the columns at its right; otherwise it scrolls too."""

LITTLE_INTEREST = 6
"""The `drop` from which a column is of little interest."""

LEAST_STICKY = 8
"""Cells below which a growing fixed column is not narrowed."""

_ELLIPSIS = "…"
_RIGHT = Align.RIGHT


class Placed(NamedTuple):
    """A column with its position in a table of a certain width."""

    column: Column
    cell: int
    """Index of its cell in a row."""
    x: int
    """Cells at its left, without the gutter, before any sideways scrolling."""
    width: int


def place(
    columns: Sequence[Column],
    width: int,
    *,
    wide: bool = False,
    contents: Sequence[int] | None = None,
    all_time: Sequence[int] | None = None,
    sorted_by: str | None = None,
    scrolled: bool = False,
) -> tuple[Placed, ...]:
    """Choose and place the columns for `width` cells, without the gutter.

    A column that `fits`, has a `drop` and has no texts is left out. Then columns are dropped until
    the others fit: the highest `drop` first, and among equals the rightmost first. The others may
    still be wider than `width`; the table then scrolls sideways.

    Args:
        columns: In order.
        width: In cells.
        wide: Whether no column with texts is dropped, and each gets its largest width.
        contents: Cells of each column's longest text now, which limit the width of columns that
            fit their contents; `None` if unknown.
        all_time: Cells of the longest text that each column ever had, which decide what is shown;
            `None` for the same as `contents`; ignored if `contents` is `None`.
        sorted_by: Key of a column that is shown even if it is empty.
        scrolled: Whether the table is scrolled sideways; fixed columns then leave half of the
            width to the others if possible.
    """
    current = (None,) * len(columns) if contents is None else contents
    deciding = current if contents is None or all_time is None else all_time
    shown = [
        _Candidate(index, column, content, is_sorted=column.key == sorted_by)
        for index, (column, content) in enumerate(zip(columns, deciding, strict=True))
        if content != 0 or not (column.fits and column.drop) or column.key == sorted_by
    ]
    while not wide and (dropped := _next_to_drop(shown, width)) is not None:
        shown.remove(dropped)
    # The texts of all time decide which columns are shown; the current texts decide their widths.
    shown = [
        _Candidate(
            each.index, each.column, current[each.index], is_sorted=each.column.key == sorted_by
        )
        for each in shown
    ]
    if wide:
        widths = [max(each.least, each.most or each.least) for each in shown]
    else:
        least_width = sum(each.least + GAP for each in shown) - GAP
        widths = _share(shown, width - least_width)
    if scrolled and sum(widths) + GAP * (len(widths) - 1) > width:
        widths = _narrow_fixed(shown, widths, width // 2)
    placed = []
    x = 0
    for each, column_width in zip(shown, widths, strict=True):
        placed.append(Placed(each.column, each.index, x, column_width))
        x += column_width + GAP
    return tuple(placed)


def extent(placed: Sequence[Placed]) -> int:
    """Return the total width of the placed columns, in cells."""
    return placed[-1].x + placed[-1].width if placed else 0


def fixed_width(placed: Sequence[Placed], width: int) -> int:
    """Return the width in cells of the fixed columns and of the gap after them.

    The `sticky` columns at the left are fixed, as far as they leave `LEAST_SCROLLED` cells to the
    others. The width is 0 if none is fixed.
    """
    least_width = fixed_end = 0
    for p in placed:
        least_width += min(p.width, LEAST_STICKY if p.column.grow else p.width) + GAP
        if not p.column.sticky or least_width + LEAST_SCROLLED > width:
            break
        fixed_end = p.x + p.width + GAP
    return fixed_end


def fit(text: str, width: int, align: Align) -> str:
    """Return `text` as exactly `width` cells, cut with an ellipsis or filled with blanks."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + _ELLIPSIS if width > 0 else ""
    characters = width - length + len(text)
    return text.rjust(characters) if align is _RIGHT else text.ljust(characters)


class _Candidate:
    """A column that may be shown, and the widths in cells that it needs and can use.

    `content` is the width of its longest text; `None` if unknown.
    """

    def __init__(self, index: int, column: Column, content: int | None, *, is_sorted: bool) -> None:
        self.index = index
        self.column = column
        self.least = column.width
        self.most = column.max_width
        """`None` for no limit."""
        self.wants = max(column.width, column.wanted_width)
        """The width for which columns of higher `drop` are dropped."""
        self.likes = max(self.wants, column.preferred_width)
        """The width for which only columns of little interest are dropped."""
        if content is None:
            return
        # The sorted column has an arrow beside its title.
        content = max(content, cell_len(column.title) + is_sorted)
        if column.fits:
            self.least = min(column.width, content)
            self.most = content if column.max_width is None else min(column.max_width, content)
            self.wants = max(self.least, min(column.wanted_width, content))
            self.likes = max(self.wants, min(column.preferred_width, content))

    def width_beside(self, other: Column) -> int:
        """Return the width that this column must have so that `other` is not dropped."""
        if self.column.drop >= other.drop:
            return self.least
        return self.likes if other.drop >= LITTLE_INTEREST else self.wants


def _next_to_drop(shown: Sequence[_Candidate], width: int) -> _Candidate | None:
    least_important = max(
        (each for each in shown if each.column.drop),
        key=lambda each: (each.column.drop, each.index),
        default=None,
    )
    if least_important is None:
        return None
    # This column stays only if there is room for its least width and for the widths that more
    # important columns want.
    needed = sum(each.width_beside(least_important.column) + GAP for each in shown) - GAP
    return least_important if needed > width else None


def _narrow_fixed(shown: Sequence[_Candidate], widths: Sequence[int], room: int) -> list[int]:
    """Narrow growing fixed columns, from the right, to fit `room`, to at least `LEAST_STICKY`."""
    narrowed = list(widths)
    sticky = [i for i, each in enumerate(shown) if each.column.sticky]
    excess = sum(widths[i] + GAP for i in sticky) - room
    for i in reversed(sticky):
        if excess > 0 and shown[i].column.grow:
            removed = max(0, min(excess, widths[i] - LEAST_STICKY))
            narrowed[i] -= removed
            excess -= removed
    return narrowed


def _share(shown: Sequence[_Candidate], spare: int) -> list[int]:
    """Return the width of each column; `spare` cells are left beside their least widths.

    From left to right, growing columns first get their preferred width. Then they share the spare
    cells in proportion to `Column.grow`, each up to its largest width. Cells that no column can use
    go to the last growing column without `Column.max_width`.
    """
    widths = [each.least for each in shown]
    for i, each in enumerate(shown):
        added = min(spare, each.column.preferred_width - each.least, each.likes - each.least)
        if each.column.grow and added > 0:
            widths[i] += added
            spare -= added
    while spare > 0:
        room = {
            i: spare if each.most is None else each.most - widths[i]
            for i, each in enumerate(shown)
            if each.column.grow
        }
        growing = [i for i, cells in room.items() if cells > 0]
        if not growing:
            break
        total_grow = sum(shown[i].column.grow for i in growing)
        round_spare = spare
        for i in growing:
            share = max(1, round_spare * shown[i].column.grow // total_grow)
            added = min(share, room[i], spare)
            widths[i] += added
            spare -= added
    unlimited = [
        i for i, each in enumerate(shown) if each.column.grow and each.column.max_width is None
    ]
    if spare > 0 and unlimited:
        widths[unlimited[-1]] += spare
    return widths
