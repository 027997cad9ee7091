"""The files of one log: its bytes, and beside them the marks of one that outlives the program."""

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
    """The bytes and the marks of a log, as they are on disk."""

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
        own = path.with_name(f"{name}{secrets.token_hex(6)}{path.suffix}")
        marks = saved_marks(path)
        # Before the file has its new name: whenever the program is killed, the marks are there.
        save_marks(own, marks)
        try:
            spool = Spool.adopt(path, own)
        except SpoolError:
            marks_file(own).unlink(missing_ok=True)
            raise
        marks_file(path).unlink(missing_ok=True)
        within = [Mark(min(mark.offset, spool.size), mark.text) for mark in marks]
        return cls(spool, LogMarks(within, saved=marks))

    def close(self) -> None:
        """Close the file; one that was made without a name is deleted."""
        if self.spool.is_lasting and not self.spool.size:
            marks_file(self.spool.path).unlink(missing_ok=True)
        self.spool.close()

    def keep(self, path: Path) -> None:
        """Move the bytes to a lasting path on the same disk, without marks.

        Raises:
            SpoolError: the disk refused it.
        """
        marks = marks_file(self.spool.path)
        self.spool.keep(path)
        marks.unlink(missing_ok=True)

    def save_marks(self) -> None:
        """Save the marks beside a file that outlives the program, if they have changed.

        Raises:
            SpoolError: writing to the disk failed.
        """
        if self.spool.is_lasting:
            self.marks.save(self.spool.path)
