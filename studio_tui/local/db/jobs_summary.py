"""Which jobs have ended and when, to free disk space and to report what a stop leaves running."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

_WAIT_SECONDS = 5.0
_BEGUN = frozenset({"INIT", "RUNNING", "CANCELING"})


@dataclass(frozen=True)
class JobsSummary:
    """When each ended job ended, by id, and the states of the others, at one moment."""

    ended: dict[str, datetime]
    states: tuple[str, ...]
    """The states of all other jobs."""
    begun: tuple[str, ...] = ()
    """Ids of the jobs in `states` that have begun; empty after `from_json`."""

    @property
    def running(self) -> int:
        """Number of jobs that have begun and not ended."""
        return sum(state in _BEGUN for state in self.states)

    @property
    def waiting(self) -> int:
        """Number of jobs in the queue; not schedules, or jobs that their pipeline holds back."""
        return sum(state in {"CREATED", "SCHEDULED", "QUEUED"} for state in self.states)

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read all jobs of an open database."""
        rows = connection.execute("SELECT id, state, finished_at FROM jobs").fetchall()
        return cls(
            {row[0]: datetime.fromisoformat(row[2]) for row in rows if row[2] is not None},
            tuple(row[1] for row in rows if row[2] is None),
            tuple(row[0] for row in rows if row[2] is None and row[1] in _BEGUN),
        )

    @classmethod
    def read_file(cls, database: Path) -> Self:
        """Read all jobs of a database file; return an empty summary if there is no file.

        Raises:
            sqlite3.Error: A server has the file open, or the file cannot be read.
        """
        if not database.exists():
            return cls({}, ())
        uri = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            return cls.read(connection)

    def to_json(self) -> dict[str, Any]:
        """Return `ended` and `states` as JSON values."""
        return {
            "ended": {job: ended_at.isoformat() for job, ended_at in self.ended.items()},
            "states": list(self.states),
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the object with this JSON, without `begun`, or raise `ValueError`."""
        try:
            ends = value["ended"].items()
            ended = {job: datetime.fromisoformat(ended_at) for job, ended_at in ends}
            return cls(ended, tuple(map(str, value["states"])))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("it is not a list of jobs") from error
