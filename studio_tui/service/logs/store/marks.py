"""Remarks of this program between the lines of a log."""

from bisect import bisect_left
from typing import NamedTuple


class Mark(NamedTuple):
    """A remark of this program, drawn above the line that contains its offset."""

    offset: int
    text: str
    """A sentence of this program, never log text."""


class LogMarks:
    """The marks of one log, in order of offset."""

    def __init__(self) -> None:
        self._marks: list[Mark] = []

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
        """Move the marks after `offset` by `length` bytes: back if it is negative."""
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
