"""The list that was visible when the dashboard quit, shown by the next run while it connects.

This module is imported before the first paint, so it must not import the models or the pages.
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

_COLUMN_TYPES = {
    name: type(value) for name, value in Column("", "", 1, max_width=1)._asdict().items()
}
"""The types of the fields of a column; `max_width` can also be `None`."""

_MAX_BYTES = 1_000_000
"""Bytes read from the file at most; a full screen has a few tens of thousands."""


class LastList(NamedTuple):
    """The visible part of a list and of the page around it; all texts are safe to draw."""

    at: datetime
    """When Studio last confirmed the data."""
    home: str
    """See `Basics.home`."""
    crumbs: tuple[str, ...]
    tabs: tuple[Part, ...]
    counts: tuple[Part, ...]
    title: tuple[Part, ...]
    order: tuple[Part, ...]
    """The right side of the title."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[AnyCell, ...], ...]
    """A cell for each column."""
    cursor: int
    """Index of its row."""
    marked: tuple[int, ...] = ()
    """The indices of the marked rows."""
    sorting: tuple[str, bool] | None = None
    """Key of the sorted column, and whether the order is descending."""
    wide: bool = False
    sideways: int = 0
    contents: tuple[int, ...] = ()
    """See `TableDrawing.contents`."""
    has_preview: bool = True
    filter: str = ""


def pack_list(last: LastList) -> str:
    """Return a list as text, for `read_last_list`."""
    columns = [column._asdict() for column in last.columns]
    # In JSON, named tuples are lists.
    return json.dumps(last._asdict() | {"at": last.at.isoformat(), "columns": columns})


def read_last_list(path: Path) -> LastList | None:
    """Return the list from a file; `None` if there is no file or its content cannot be used."""
    try:
        with path.open("rb") as file:
            fields = json.loads(file.read(_MAX_BYTES))
        last = LastList(
            at=datetime.fromisoformat(fields["at"]),
            home=safe_line(fields["home"]),
            crumbs=tuple(map(safe_line, fields["crumbs"])),
            tabs=_unpack_parts(fields["tabs"]),
            counts=_unpack_parts(fields["counts"]),
            title=_unpack_parts(fields["title"]),
            order=_unpack_parts(fields["order"]),
            columns=tuple(map(_unpack_column, fields["columns"])),
            rows=tuple(tuple(map(_unpack_cell, row)) for row in fields["rows"]),
            cursor=int(fields["cursor"]),
            marked=tuple(map(int, fields["marked"])),
            sorting=_unpack_sorting(fields["sorting"]),
            wide=bool(fields["wide"]),
            sideways=max(0, int(fields["sideways"])),
            contents=tuple(map(int, fields["contents"])),
            has_preview=bool(fields["has_preview"]),
            filter=safe_line(fields["filter"]),
        )
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        # The file was written by another version, or is damaged. The dashboard works without it.
        return None
    has_cursor = 0 <= last.cursor < len(last.rows)
    has_all_cells = all(len(row) == len(last.columns) for row in last.rows)
    return last if last.at.tzinfo is not None and has_cursor and has_all_cells else None


def _unpack_cell(packed: list[Any]) -> AnyCell:
    if isinstance(packed[0], list):
        return Pieces(tuple(map(_unpack_part, packed[0])))
    return _unpack_part(packed)


def _unpack_part(packed: list[Any]) -> Cell:
    text, tone, shorter, unless, beside = packed
    return Cell(
        safe_line(text),
        Tone(tone),
        tuple(map(safe_line, shorter)),
        str(unless),
        tuple((str(key), safe_line(words)) for key, words in beside),
    )


def _unpack_parts(packed: Iterable[list[Any]]) -> tuple[Part, ...]:
    # Actions are left out: while the list is shown, no page exists that could run them.
    return tuple(Part(safe_line(text), str(look)) for text, look, *_ in packed)


def _unpack_column(fields: Mapping[str, Any]) -> Column:
    if fields.keys() != _COLUMN_TYPES.keys():
        raise ValueError("a column of another version")
    values: dict[str, Any] = {
        name: None if name == "max_width" and fields[name] is None else of_type(fields[name])
        for name, of_type in _COLUMN_TYPES.items()
    }
    column = Column(**values)
    return column._replace(title=safe_line(column.title), width=max(1, column.width))


def _unpack_sorting(packed: tuple[str, bool] | None) -> tuple[str, bool] | None:
    if packed is None:
        return None
    column, is_descending = packed
    return str(column), bool(is_descending)
