"""Grouping of the lines of one failure into a unit.

A unit is the line that announces a traceback, its frames, its message and its chained exceptions,
whatever prefix a logger or a launcher adds to each line.
"""

import re
from collections.abc import Iterable
from enum import Enum, auto
from itertools import islice

from studio_tui.failures.exceptions import CHAIN, HEAD, INDENTS, NAME, SYNTAX_FILE, Prefix, is_final
from studio_tui.failures.origins import TRACEBACK, is_boxed, split_origin, without_progress_bar
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of

FRAME_LINES = 100
"""Maximum lines between the header of a traceback and the message of its exception."""

_INDENTATION = frozenset(" \t")

LINE_LIMIT = 2000
"""Maximum lines that are read for a unit, also those of other origins."""

_JAVA = re.compile(r"\s+at \S|\s*\.\.\. \d+ (?:more|common)|\s*(?:Caused by|Suppressed): ")
"""A frame or a cause in a traceback of Java or Node."""
_GO = re.compile(r"goroutine \d+ \[|exit status \d|\[signal |created by |[\w./*()]+\(.*\)$")
_CONTINUATION = re.compile(
    r"CUDA kernel errors might|For debugging consider|Compile with `TORCH|Last error:|nccl\w+Error:"
    r"|note: (?:run with `RUST_BACK|Some details are om)|stack backtrace:|\d+ \| "
    r"|Exception raised from |frame #\d+:"
)
"""A line that belongs to the message or the traceback above it."""
_PANIC = re.compile(r"thread '[^']{0,80}'(?: \(\d+\))? panicked at \S+:\d+:\d+:?\s*$")
"""The first line of a panic of Rust; the message is on the next line."""
_EXCEPTION = re.compile(rf"(?:[\w$]+\.)+[\w$]*(?:Error|Exception)(?:: |$)|{NAME}Exception: ")
"""The name of an exception directly below the message of an error, as Java prints it."""
_BLANKS = 2
_FOREIGN = 500
"""Maximum successive lines of other origins before the line with the exception."""
_FOREIGN_AFTER = 8
"""The same elsewhere in a unit."""


class _Place(Enum):
    """Position of a line within a unit."""

    MESSAGE = auto()
    """The message of an error; a traceback can follow it."""
    FRAMES = auto()
    """The header or a frame of a traceback."""
    GROUP = auto()
    """A line of an exception group."""
    RAISED = auto()
    """The line with the exception, or a line of its message."""
    CHAINED = auto()
    """The words between two chained exceptions."""
    GO = auto()
    """A line of a traceback of Go."""
    PANIC = auto()
    """The first line of a panic of Rust."""


class _Unit:
    """The lines of one failure, added one by one from its first."""

    def __init__(self, first: str) -> None:
        head = HEAD.search(first)
        self._prefix = Prefix(first, head.start() if head else _indent(first))
        self._place = _place_after(head, first)
        self._length = 1
        self._pending = 0
        """Empty lines since the last line of the unit."""

    @property
    def is_within_frames(self) -> bool:
        """Whether a traceback, a chain or a panic has begun whose exception is still to come."""
        return self._place in {_Place.FRAMES, _Place.CHAINED, _Place.PANIC}

    def add(self, line: str) -> bool | None:
        """Add the next line if it belongs to the unit, and return whether it does.

        `None` for one of up to `_BLANKS` empty lines, which belong to the unit only if a later line
        does.
        """
        body = self._prefix.body(line)
        if not body.strip():
            self._pending += 1
            return None if self._pending <= _BLANKS else False
        head = HEAD.search(line)
        is_first = self._length == 1 and not self._pending
        is_announced = self._place is _Place.MESSAGE and is_first and HEAD.match(body)
        if head and (is_announced or self._place is _Place.CHAINED):
            self._prefix, self._place = Prefix(line, head.start()), _place_after(head, line)
        elif head and self._place is not _Place.GROUP:
            return False
        else:
            following = _place_of_next(self._place, body, self._pending)
            if following is None:
                return False
            self._place = following
        self._length += 1
        self._pending = 0
        return True


def unit_lines(lines: Iterable[str]) -> list[int]:
    """Return the indexes of the lines in the unit that begins with the first line: 0 and others.

    Lines of other origins between them, such as other ranks, are skipped. Reads at most
    `LINE_LIMIT` lines.
    """
    source = iter(lines)
    first = next(source, None)
    if first is None:
        return []
    origin, body = split_origin(first)
    unit = _Unit(body)
    indexes = [0]
    pending: list[int] = []
    foreign_count = 0
    for number, line in enumerate(islice(source, LINE_LIMIT - 1), 1):
        writer, body = split_origin(line) if origin else ("", without_progress_bar(line))
        if writer != origin:
            foreign_count += 1
            if foreign_count > (_FOREIGN if unit.is_within_frames else _FOREIGN_AFTER):
                break
            continue
        was_added = unit.add(body)
        if was_added is None:
            pending.append(number)
        elif was_added:
            indexes += [*pending, number]
            pending = []
            foreign_count = 0
        else:
            break
    return indexes


def has_message_below(text: str) -> bool:
    """Whether the message of an error is on the next line, as in a Rust panic."""
    return _PANIC.search(text) is not None


def is_traceback_header(line: str) -> bool:
    """Whether a line is only the header of a Python traceback."""
    return line.rstrip() == f"{TRACEBACK}:"


def inherited_level(text: str, above: Iterable[str]) -> LogLevel | None:
    """Return the level that a line inherits from the lines above it, nearest first.

    `None` unless it is the message of a panic or of an exception, or is in a box whose title has a
    level.
    """
    is_indented = text[:1] in _INDENTATION
    for index, line in enumerate(above):
        if has_message_below(line) or (index and not is_indented and is_traceback_header(line)):
            return LogLevel.ERROR
        # The message of an exception is below the frames of its traceback, which are indented.
        if not is_indented and line[:1] in _INDENTATION and index < FRAME_LINES:
            continue
        if not is_boxed(text):
            return None
        if not is_boxed(line):
            return level_of(line)
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _place_after(head: re.Match[str] | None, line: str) -> _Place:
    if head is None:
        if SYNTAX_FILE.match(line):
            return _Place.FRAMES
        return _Place.PANIC if has_message_below(line) else _Place.MESSAGE
    return _Place.GROUP if "Group" in head[0] else _Place.FRAMES


def _place_of_next(place: _Place, body: str, pending: int) -> _Place | None:
    """Return the position of a line after one at `place`; `None` if it is not in the unit."""
    if place in {_Place.RAISED, _Place.GROUP} and CHAIN.match(body):
        return _Place.GROUP if place is _Place.GROUP and body[0] == " " else _Place.CHAINED
    is_indented = body[0] in INDENTS
    if place is _Place.PANIC:
        return _Place.RAISED
    if place in {_Place.FRAMES, _Place.CHAINED}:
        if is_indented:
            return place
        if place is _Place.FRAMES and is_final(body):
            return _Place.RAISED
        return None
    if place is _Place.GROUP:
        return place if is_indented else None
    if place is _Place.GO:
        if body.startswith("exit status"):
            return _Place.RAISED
        return place if is_indented or _GO.match(body) else None
    if _GO.match(body) and place is _Place.MESSAGE:
        return _Place.GO
    return None if pending else _place_directly_below(place, body, is_indented=is_indented)


def _place_directly_below(place: _Place, body: str, *, is_indented: bool) -> _Place | None:
    if _JAVA.match(body) or _CONTINUATION.match(body):
        return place
    if is_indented and level_of(body) is None:
        return place
    if place is _Place.MESSAGE and _EXCEPTION.match(body):
        return _Place.RAISED
    return None
