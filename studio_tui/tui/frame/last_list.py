"""The list that was visible when the dashboard quit, shown by the next run while it connects.

It is read before the first paint, so it needs neither the API's models nor the pages.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Column
from studio_tui.text import safe_line
from studio_tui.tui.widgets.bar import Part

AnyCell = Cell | Pieces

_TONES = {str(tone): tone for tone in Tone}

_COLUMN_TYPES = {name: type(value) for name, value in Column("", "", 1, most=1)._asdict().items()}

_LARGEST = 1_000_000
"""Maximum number of bytes read from the file; a screen of rows has a few tens of thousands."""


class LastList(NamedTuple):
    """The visible part of a list, with texts that are safe to draw."""

    at: datetime
    """When Studio last confirmed the data."""
    home: str
    """The name of Studio in the header: `team@host`, or `local Studio`."""
    crumbs: tuple[str, ...]
    tabs: tuple[Part, ...]
    """Titles of the tabs, with their numbers."""
    counts: tuple[Part, ...]
    """The text to the right of the tabs: the counts of states."""
    title: tuple[Part, ...]
    """The line above the list, which says how many of the rows pass the filter."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[AnyCell, ...], ...]
    """The visible rows: a cell for each column."""
    cursor: int
    """Index of the row under the cursor."""
    sorting: tuple[str, bool] | None = None
    """Key of the column that gives the order, and whether it is descending."""
    wide: bool = False
    """Whether all columns are shown, scrolled sideways."""
    sideways: int = 0
    """How many terminal columns are scrolled out of sight."""
    contents: tuple[int, ...] = ()
    """The widths of the contents of columns, see `ColumnMemory`."""
    has_preview: bool = True
    filter: str = ""
    """The filter, as typed."""


def pack_list(last: LastList) -> str:
    """Return the content of a file."""
    fields = {name: getattr(last, name) for name in LastList._fields}
    fields["at"] = last.at.isoformat()
    fields["columns"] = [column._asdict() for column in last.columns]
    fields["rows"] = [[_packed(cell) for cell in row] for row in last.rows]
    for name in ("tabs", "counts", "title"):
        fields[name] = [(part.text, part.look) for part in fields[name]]
    return json.dumps(fields, ensure_ascii=True)


def read_last_list(path: Path) -> LastList | None:
    """Return the list from a file; `None` if there is none or it cannot be used."""
    try:
        with path.open("rb") as file:
            fields = json.loads(file.read(_LARGEST))
        last = LastList(
            at=datetime.fromisoformat(fields["at"]),
            home=safe_line(fields["home"]),
            crumbs=tuple(map(safe_line, fields["crumbs"])),
            tabs=_parts(fields["tabs"]),
            counts=_parts(fields["counts"]),
            title=_parts(fields["title"]),
            columns=tuple(map(_column, fields["columns"])),
            rows=tuple(tuple(map(_unpacked, row)) for row in fields["rows"]),
            cursor=int(fields["cursor"]),
            sorting=_sorting(fields["sorting"]),
            wide=bool(fields["wide"]),
            sideways=max(0, int(fields["sideways"])),
            contents=tuple(map(int, fields["contents"])),
            has_preview=bool(fields["has_preview"]),
            filter=safe_line(fields["filter"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # Written by another version, or damaged; the dashboard works without it.
        return None
    is_usable = last.at.tzinfo is not None and 0 <= last.cursor < len(last.rows)
    is_whole = all(len(row) == len(last.columns) for row in last.rows)
    return last if is_usable and is_whole else None


def _packed(cell: AnyCell) -> list[Any]:
    """Return a cell as JSON: its parts as pairs of text and tone, then its shorter texts."""
    parts = cell.parts if isinstance(cell, Pieces) else (cell,)
    shorter = () if isinstance(cell, Pieces) else cell.shorter
    return [[(part.text, part.tone) for part in parts], shorter]


def _unpacked(packed: list[Any]) -> AnyCell:
    pieces, shorter = packed
    if len(pieces) == 1:
        ((text, tone),) = pieces
        return Cell(safe_line(text), _TONES[tone], tuple(map(safe_line, shorter)))
    return Pieces(tuple(Cell(safe_line(text), _TONES[tone]) for text, tone in pieces))


def _parts(packed: Iterable[tuple[str, str]]) -> tuple[Part, ...]:
    # Without actions, as no page exists yet that could run them.
    return tuple(Part(safe_line(text), str(look)) for text, look in packed)


def _column(fields: Mapping[str, Any]) -> Column:
    if fields.keys() != _COLUMN_TYPES.keys():
        raise ValueError("a column of another version")
    values: dict[str, Any] = {
        name: None if name == "most" and fields[name] is None else of_type(fields[name])
        for name, of_type in _COLUMN_TYPES.items()
    }
    column = Column(**values)
    return column._replace(title=safe_line(column.title), width=max(1, column.width))


def _sorting(packed: tuple[str, bool] | None) -> tuple[str, bool] | None:
    if packed is None:
        return None
    column, is_descending = packed
    return str(column), bool(is_descending)
