"""The layout of table columns: which fit a width, their positions, and how texts are fitted."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from studio_tui.presentation.columns import Align, Column

GAP = 2
"""Blank cells between two columns."""

LEAST_SCROLLED = 12
"""Cells that fixed columns must leave to the others; otherwise they scroll too."""

LITTLE_INTEREST = 6
"""The `drop` from which a column is of little interest."""

LEAST_STICKY = 8
"""The smallest width of a fixed column, in cells, however narrow the table is."""


_ELLIPSIS = "…"
_RIGHT = Align.RIGHT


class Placed(NamedTuple):
    """A column with its position in a table of a certain width."""

    column: Column
    cell: int
    """Index of its cell in a row."""
    x: int
    """Cells to its left, without gutter and sideways scrolling."""
    width: int
    """Its width in cells."""


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
    """Choose and place the columns for `width` cells.

    Columns are dropped by their `drop`, the rightmost first among equals, until the others fit;
    with `wide` none is dropped, and each is as wide as its content. The rest may still be wider
    than `width`; the table then scrolls sideways.

    `contents` has the width in cells of each column's longest text now, which limits columns that
    fit their contents; `None` if unknown. `all_time` has the longest that any of its texts
    ever was, and decides which columns are shown; by default the same. The column `sorted_by`, by
    which the rows are sorted, stays even if empty. While `scrolled`, fixed columns
    leave half of the width to the others if possible. Widths depend only on the arguments, so that
    columns do not move while rows scroll.
    """
    sizes = (None,) * len(columns) if contents is None else contents
    deciding = sizes if contents is None or all_time is None else all_time
    shown = [
        _Wanted(index, column, cells, is_sorted=column.key == sorted_by)
        for index, (column, cells) in enumerate(zip(columns, deciding, strict=True))
        if cells != 0 or not (column.fits and column.drop) or column.key == sorted_by
    ]
    while not wide and (dropped := _next_to_drop(shown, width)) is not None:
        shown.remove(dropped)
    shown = [
        _Wanted(want.index, want.column, sizes[want.index], is_sorted=want.column.key == sorted_by)
        for want in shown
    ]
    if wide:
        widths = [max(want.least, want.most or want.least) for want in shown]
    else:
        widths = _share(shown, width - _least(shown))
    if scrolled and sum(widths) + GAP * (len(widths) - 1) > width:
        widths = _narrowed(shown, widths, width // 2)
    placed = []
    x = 0
    for want, cells in zip(shown, widths, strict=True):
        placed.append(Placed(want.column, want.index, x, cells))
        x += cells + GAP
    return tuple(placed)


def extent(placed: Sequence[Placed]) -> int:
    """Return the total width of the placed columns, in cells."""
    return placed[-1].x + placed[-1].width if placed else 0


def fixed_width(placed: Sequence[Placed], width: int) -> int:
    """Return the width in cells of the leading columns that stay in place while others scroll.

    The gap after those columns is included; 0 if all scroll, as `width` cells are too few.
    """
    least = end = 0
    for p in placed:
        least += min(p.width, LEAST_STICKY if p.column.grow else p.width) + GAP
        if not p.column.sticky or least + LEAST_SCROLLED > width:
            break
        end = p.x + p.width + GAP
    return end


def fit(text: str, width: int, align: Align) -> str:
    """Return `text` as exactly `width` cells, cut with an ellipsis or filled with blanks."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + _ELLIPSIS if width > 0 else ""
    characters = width - length + len(text)
    return text.rjust(characters) if align is _RIGHT else text.ljust(characters)


class _Wanted:
    """The widths that a column needs and can use, in cells."""

    def __init__(self, index: int, column: Column, content: int | None, *, is_sorted: bool) -> None:
        self.index = index
        self.column = column
        self.least = column.width
        self.most = column.most
        """Largest width; `None` for no limit."""
        self.wanted = max(column.width, column.wants)
        self.liked = max(self.wanted, column.likes)
        if content is None:
            return
        # The sorted column has an arrow beside its title.
        content = max(content, cell_len(column.title) + is_sorted)
        if column.fits:
            self.least = min(column.width, content)
            self.most = content if column.most is None else min(column.most, content)
            self.wanted = max(self.least, min(column.wants, content))
            self.liked = max(self.wanted, min(column.likes, content))

    def needed(self, leaving: Column) -> int:
        """Return the width this column should get before `leaving` is allowed to stay."""
        if self.column.drop >= leaving.drop:
            return self.least
        return self.liked if leaving.drop >= LITTLE_INTEREST else self.wanted


def _next_to_drop(shown: Sequence[_Wanted], width: int) -> _Wanted | None:
    """Return the column to drop next; `None` if all fit."""
    leaving = max(
        (want for want in shown if want.column.drop),
        key=lambda want: (want.column.drop, want.index),
        default=None,
    )
    if leaving is None:
        return None
    # Columns that are dropped later get the width they want, this one only what it needs.
    needed = sum(want.needed(leaving.column) + GAP for want in shown)
    return leaving if needed - GAP > width else None


def _narrowed(shown: Sequence[_Wanted], widths: Sequence[int], room: int) -> list[int]:
    """Return widths with growing fixed columns narrowed, to leave at least `room` cells."""
    narrowed = list(widths)
    sticky = [i for i, want in enumerate(shown) if want.column.sticky]
    excess = sum(widths[i] + GAP for i in sticky) - room
    for i in reversed(sticky):
        if excess > 0 and shown[i].column.grow:
            taken = max(0, min(excess, widths[i] - LEAST_STICKY))
            narrowed[i] -= taken
            excess -= taken
    return narrowed


def _least(shown: Sequence[_Wanted]) -> int:
    return sum(want.least + GAP for want in shown) - GAP


def _share(shown: Sequence[_Wanted], spare: int) -> list[int]:
    """Return the width of each column in cells, given `spare` cells beyond what all of them need.

    Columns first get the width in `Column.first`; the rest is shared among growing ones by `grow`.
    Cells that no column can use go to the last growing one without `Column.most`.
    """
    widths = [want.least for want in shown]
    for i, want in enumerate(shown):
        most = want.column.first if want.most is None else min(want.column.first, want.most)
        given = min(spare, most - want.least)
        if given > 0:
            widths[i] += given
            spare -= given
    while spare > 0:
        room = {
            i: spare if want.most is None else want.most - widths[i]
            for i, want in enumerate(shown)
            if want.column.grow
        }
        growing = [i for i, cells in room.items() if cells > 0]
        if not growing:
            break
        shares = sum(shown[i].column.grow for i in growing)
        round_spare = spare
        for i in growing:
            given = min(max(1, round_spare * shown[i].column.grow // shares), room[i], spare)
            widths[i] += given
            spare -= given
    unlimited = [i for i, w in enumerate(shown) if w.column.grow and w.column.most is None]
    if spare > 0 and unlimited:
        widths[unlimited[-1]] += spare
    return widths
