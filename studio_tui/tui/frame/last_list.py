"""The list that was visible when the dashboard quit, shown by the next run while it connects.

This module is imported before the first paint, so it must not import the models or the pages.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from studio_tui.presentation.cells import Cell, Pieces, Tone
from studio_tui.presentation.columns import Align, Column, Reserves
from studio_tui.text import safe_line
from studio_tui.tui.widgets.bar import Part

AnyCell = Cell | Pieces

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


_VALUES = (*Tone, *Align, *Reserves)
_FORM = repr([*_VALUES, *(each.__annotations__ for each in (LastList, Column, Cell, Part))])
"""The fields and named values in a file; another version of the program may have others."""


def pack_list(last: LastList) -> str:
    """Return a list as text, for `read_last_list`."""
    # In JSON, named tuples are lists.
    text = json.dumps([_FORM, last._replace(at=last.at.isoformat())])  # type: ignore[arg-type]
    return f"{crc32(text.encode())}\n{text}"


def read_last_list(path: Path) -> LastList | None:
    """Return the list from a file; `None` if there is no file or its content cannot be used."""
    try:
        with path.open("rb") as file:
            checksum, text = file.read(_MAX_BYTES).split(b"\n", 1)
        form, fields = json.loads(text) if int(checksum) == crc32(text) else ("", ())
    except (OSError, ValueError):
        return None
    if form != _FORM:
        return None
    values = dict(zip(LastList._fields, map(_unpack, fields), strict=True))
    values["at"] = datetime.fromisoformat(values["at"])
    values["columns"] = tuple(map(_unpack_column, values["columns"]))
    values["rows"] = tuple(tuple(map(_unpack_cell, row)) for row in values["rows"])
    for bar in ("tabs", "counts", "title", "order"):
        # Actions are left out: while the list is shown, no page exists that could run them.
        values[bar] = tuple(Part(text, look) for text, look, *_ in values[bar])
    return LastList(**values)


def _unpack(packed: Any) -> Any:
    """Return a JSON value with tuples for lists, and with texts that are safe to draw."""
    if isinstance(packed, str):
        return safe_line(packed)
    return tuple(map(_unpack, packed)) if isinstance(packed, list) else packed


def _unpack_cell(packed: tuple[Any, ...]) -> AnyCell:
    if isinstance(packed[0], tuple):
        return Pieces(tuple(starmap(Cell, packed[0])))
    return Cell(*packed)


def _unpack_column(packed: Iterable[Any]) -> Column:
    column = Column._make(packed)
    return column._replace(align=Align(column.align), reserves=Reserves(column.reserves))
