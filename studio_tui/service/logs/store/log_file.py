"""The files of one log: its bytes and, if it outlives the program, its marks."""

import secrets
from pathlib import Path
from typing import Self

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.marks import (
    LogMarks,
    Mark,
    marks_file,
    save_marks,
    saved_marks,
)
from studio_tui.service.logs.store.spool import Spool


class LogFile:
    """The bytes and the marks of a log on disk; if the disk fails, a `SpoolError` is raised."""

    def __init__(self, spool: Spool, marks: LogMarks | None = None) -> None:
        self.spool = spool
        self.marks = marks or LogMarks()

    @classmethod
    def create(cls, directory: Path, name: str = "") -> Self:
        """Create an empty log; see `LogStore.create`."""
        return cls(Spool.create(directory, name))

    @classmethod
    def adopt(cls, path: Path, name: str) -> Self:
        """Open a log that an ended program has left behind; see `LogStore.adopt`."""
        new_path = path.with_name(f"{name}{secrets.token_hex(6)}{path.suffix}")
        marks = saved_marks(path)
        # The marks are saved before the log is renamed, so that they exist whenever the program is
        # killed.
        save_marks(new_path, marks)
        try:
            spool = Spool.adopt(path, new_path)
        except SpoolError:
            marks_file(new_path).unlink(missing_ok=True)
            raise
        if (last_marks := saved_marks(path)) != marks:
            # The other program has changed them just before it ended.
            marks = last_marks
            save_marks(new_path, marks)
        marks_file(path).unlink(missing_ok=True)
        inside = [Mark(min(mark.offset, spool.size), mark.text) for mark in marks]
        return cls(spool, LogMarks(inside, saved=marks))

    def close(self) -> None:
        """Close the files; a log that was created without a name, or is empty, is deleted."""
        if self.spool.is_lasting and not self.spool.size:
            marks_file(self.spool.path).unlink(missing_ok=True)
        self.spool.close()

    def keep(self, path: Path) -> None:
        """Move the bytes to a lasting path on the same disk, without marks."""
        marks = marks_file(self.spool.path)
        self.spool.keep(path)
        marks.unlink(missing_ok=True)

    def save_marks(self) -> None:
        """Save the marks, if they have changed and the log outlives the program."""
        if self.spool.is_lasting:
            self.marks.save(self.spool.path)
