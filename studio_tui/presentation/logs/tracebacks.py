"""Which lines below the first line of a failure have its level."""

import re
from collections.abc import Iterable

from studio_tui.failures.origins import TRACEBACK, is_boxed
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of

FRAME_LINES = 100
"""Maximum lines between the header of a traceback and the message of its exception."""

_INDENTATION = frozenset(" \t")

_PANIC = re.compile(r"thread '[^']{0,80}'(?: \(\d+\))? panicked at \S+:\d+:\d+:?\s*$")
"""The first line of a panic of Rust; the message is on the next line."""


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
