"""Which jobs have ended and when, to free disk space and to report what a stop leaves running."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel

_WAIT_SECONDS = 5.0
_BEGUN = frozenset({"INIT", "RUNNING", "CANCELING"})
_QUEUED = frozenset({"CREATED", "QUEUED"})


class JobsSummary(BaseModel, frozen=True):
    """All jobs of a database at one moment, by id."""

    ended: dict[str, datetime] = {}
    """When each ended job ended."""
    states: dict[str, str] = {}
    """The states of all other jobs."""

    @property
    def begun(self) -> list[str]:
        """The ids of the jobs that have begun and not ended."""
        return [job_id for job_id, state in self.states.items() if state in _BEGUN]

    @property
    def queued_count(self) -> int:
        """Number of jobs in the queue, without schedules and jobs that wait in a pipeline."""
        return sum(state in _QUEUED for state in self.states.values())

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read all jobs of an open database."""
        rows = connection.execute("SELECT id, state, finished_at FROM jobs").fetchall()
        return cls(
            ended={row[0]: row[2] for row in rows if row[2] is not None},
            states={row[0]: row[1] for row in rows if row[2] is None},
        )

    @classmethod
    def read_file(cls, database: Path) -> Self:
        """Read all jobs of a database file; return an empty summary if there is no file.

        Raises:
            sqlite3.Error: A server has the file open, or the file cannot be read.
        """
        if not database.exists():
            return cls()
        uri = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            return cls.read(connection)
