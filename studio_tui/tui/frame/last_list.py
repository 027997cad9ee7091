"""The list that was visible when the dashboard quit, shown by the next run while it connects.

This module is imported before the first paint, so it must not import the models or the pages.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from textual.strip import Strip

from studio_tui.text import safe_line

Lines = tuple[tuple[tuple[str, str], ...], ...]
"""Drawn lines, each of pairs of a text and its style in Rich's notation."""

_MAX_BYTES = 1_000_000
"""Bytes read from the file at most; a full screen has a few tens of thousands."""


class LastList(NamedTuple):
    """The visible part of a list and of the page around it; all texts are safe to draw."""

    at: datetime
    """When Studio last confirmed the data."""
    home: str
    """See `Basics.home`."""
    crumbs: tuple[str, ...]
    tabs: Lines
    title: Lines
    filter: str
    table: Lines
    has_preview: bool


def drawn_lines(strips: Iterable[Strip]) -> Lines:
    """Return the text of each piece of drawn lines, and its style."""
    return tuple(tuple((part.text, str(part.style or "")) for part in line) for line in strips)


def pack_list(last: LastList) -> str:
    """Return a list as text, for `read_last_list`."""
    # In JSON, named tuples are lists.
    text = json.dumps([LastList._fields, last._replace(at=last.at.isoformat())])  # type: ignore[arg-type]
    return f"{crc32(text.encode())}\n{text}"


def read_last_list(path: Path) -> LastList | None:
    """Return the list from a file; `None` if there is no file or its content cannot be used."""
    try:
        with path.open("rb") as file:
            checksum, text = file.read(_MAX_BYTES).split(b"\n", 1)
        is_whole = int(checksum) == crc32(text)
        names, values = json.loads(text) if is_whole else ([], [])
    except (OSError, ValueError):
        return None
    if names != [*LastList._fields]:  # of another version
        return None
    last = LastList(*map(_unpack, values))
    return last._replace(at=datetime.fromisoformat(values[0]))


def _unpack(packed: Any) -> Any:
    """Return a JSON value with tuples for lists, and with texts that are safe to draw."""
    if isinstance(packed, str):
        return safe_line(packed)
    return tuple(map(_unpack, packed)) if isinstance(packed, list) else packed
