"""Remarks of this program between the lines of a log, and the file in which they are stored.

If the disk fails, functions raise a `SpoolError`.
"""

import json
import logging
import secrets
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.files import read_json, write_private
from studio_tui.service.logs.store.spool import NOT_STORED, Spool, delete_if_possible, disk_errors
from studio_tui.text import safe_line

SUFFIX = ".marks"
UNREADABLE_MARKS = "Lines may be missing below: the list of gaps cannot be read."

logger = logging.getLogger(__name__)


class Mark(NamedTuple):
    """A remark of this program, drawn above the line that contains its offset."""

    offset: int
    text: str
    """A sentence of this program, never log text."""


class LogMarks:
    """The marks of one log, in order of offset."""

    def __init__(self, marks: Sequence[Mark] = (), *, saved: Sequence[Mark] = ()) -> None:
        self._marks = sorted(marks)
        self._saved = list(saved)
        """The marks in the file."""

    def __bool__(self) -> bool:
        return bool(self._marks)

    @property
    def all(self) -> tuple[Mark, ...]:
        return tuple(self._marks)

    def add(self, mark: Mark) -> bool:
        """Add a mark unless there is an equal one; return whether it was added."""
        is_new = mark not in self._marks
        if is_new:
            self._marks.insert(bisect_left(self._marks, (mark.offset + 1, "")), mark)
        return is_new

    def remove(self, mark: Mark) -> bool:
        """Remove a mark; return whether it was there."""
        was_there = mark in self._marks
        if was_there:
            self._marks.remove(mark)
        return was_there

    def shift(self, offset: int, length: int) -> None:
        """Move the marks after `offset` by `length` bytes, as that many were inserted there."""
        self._marks = [
            Mark(mark.offset + length, mark.text) if mark.offset > offset else mark
            for mark in self._marks
        ]

    def cut(self, offset: int) -> None:
        """Remove the marks after an offset."""
        self._marks = [mark for mark in self._marks if mark.offset <= offset]

    def between(self, start: int, end: int) -> tuple[Mark, ...]:
        """Return the marks from `start` to `end`, both included."""
        first, last = (bisect_left(self._marks, (each, "")) for each in (start, end + 1))
        return tuple(self._marks[first:last])

    def is_last_at(self, offset: int) -> bool:
        """Whether the last mark is at an offset."""
        return bool(self._marks) and self._marks[-1].offset == offset

    def save(self, log: Path) -> None:
        """Save the marks for a log, if they have changed."""
        if self._marks != self._saved:
            save_marks(log, self._marks)
            self._saved = list(self._marks)


def marks_file(log: Path) -> Path:
    """Return the path of the file with the marks of a log."""
    return log.with_suffix(SUFFIX)


def save_marks(log: Path, marks: Sequence[Mark]) -> None:
    """Replace the stored marks of a log atomically."""
    file = marks_file(log)
    with disk_errors(NOT_STORED):
        if marks:
            write_private(file, json.dumps(marks), syncs=False)
        else:
            file.unlink(missing_ok=True)


def saved_marks(log: Path) -> list[Mark]:
    """Return the stored marks of a log, or one that says that they cannot be read."""
    file = marks_file(log)
    try:
        if not file.exists():
            return []
        return [Mark(max(0, int(offset)), safe_line(str(text))) for offset, text in read_json(file)]
    except (OSError, ValueError, TypeError) as error:
        logger.warning("the marks of a log cannot be read: %s", error)
        return [Mark(0, UNREADABLE_MARKS)]


def adopt_log(path: Path, prefix: str) -> tuple[Spool, LogMarks]:
    """Open a log that an ended program has left, with its marks, under a new name.

    The new name begins with `prefix`.
    """
    new_path = path.with_name(f"{prefix}{secrets.token_hex(6)}{path.suffix}")
    marks = saved_marks(path)
    # The marks are saved before the log is renamed, so that they exist whenever the program is
    # killed.
    save_marks(new_path, marks)
    try:
        spool = Spool.adopt(path, new_path)
    except SpoolError:
        delete_if_possible(marks_file(new_path))
        raise
    if (last_marks := saved_marks(path)) != marks:
        # The other program has changed them just before it ended.
        marks = last_marks
        save_marks(new_path, marks)
    delete_if_possible(marks_file(path))
    inside = [Mark(min(mark.offset, spool.size), mark.text) for mark in marks]
    return spool, LogMarks(inside, saved=marks)
