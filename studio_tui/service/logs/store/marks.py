"""Remarks of the program between the lines of a log, and the file that keeps them beside it."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from studio_tui.errors import SpoolError
from studio_tui.files import read_json
from studio_tui.text import safe_line

SUFFIX = ".marks"
"""Suffix of the file that keeps the marks of a log."""
UNREADABLE_MARKS = "Lines may be missing below: the list of gaps cannot be read."

logger = logging.getLogger(__name__)


class Mark(NamedTuple):
    """Our own remark, drawn above the line that holds its offset."""

    offset: int
    text: str
    """A sentence of ours, never log text."""


def marks_file(log: Path) -> Path:
    """Return the file that keeps the marks of a log."""
    return log.with_suffix(SUFFIX)


def save_marks(log: Path, marks: Sequence[Mark]) -> None:
    """Keep these marks for a log; a killed program leaves them as before or as they are now.

    Raises:
        SpoolError: writing to the disk failed.
    """
    file = marks_file(log)
    new = file.with_suffix(f"{SUFFIX}.new")
    try:
        if marks:
            new.write_text(json.dumps(marks))
            new.replace(file)
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise SpoolError(f"The log cannot be kept on disk: {error.strerror}.") from error


def saved_marks(log: Path) -> list[Mark]:
    """Return the marks that were kept for a log.

    If they cannot be read, one at its beginning says so.
    """
    file = marks_file(log)
    try:
        if not file.exists():
            return []
        return [Mark(max(0, int(offset)), safe_line(str(text))) for offset, text in read_json(file)]
    except (OSError, ValueError, TypeError) as error:
        logger.warning("the marks of a log cannot be read: %s", error)
        return [Mark(0, UNREADABLE_MARKS)]
