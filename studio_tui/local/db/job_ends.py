"""Which jobs have ended and when, for freeing disk space."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

_WAIT_SECONDS = 5.0
_BEGUN = frozenset({"INIT", "RUNNING", "CANCELING"})


@dataclass(frozen=True)
class JobEnds:
    """All jobs of a database at one moment."""

    ended: dict[str, datetime]
    """When each ended job ended, by id."""
    states: tuple[str, ...]
    """States of all other jobs."""
    begun: tuple[str, ...] = ()
    """Ids of those of them that have begun, as far as the database knows; not in `to_json`."""

    @property
    def running(self) -> int:
        """Number of jobs that have begun and not ended."""
        return sum(state in _BEGUN for state in self.states)

    @property
    def waiting(self) -> int:
        """Number of jobs waiting for their turn, except in paused pipelines and schedules."""
        return sum(state in {"CREATED", "SCHEDULED", "QUEUED"} for state in self.states)

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Self:
        """Read them from a connection."""
        rows = connection.execute("SELECT id, state, finished_at FROM jobs").fetchall()
        return cls(
            {row[0]: datetime.fromisoformat(row[2]) for row in rows if row[2] is not None},
            tuple(row[1] for row in rows if row[2] is None),
            tuple(row[0] for row in rows if row[2] is None and row[1] in _BEGUN),
        )

    @classmethod
    def of_file(cls, database: Path) -> Self:
        """Read them from a database file that no server has open; empty if there is none."""
        if not database.exists():
            return cls({}, ())
        uri = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            return cls.of(connection)

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {
            "ended": {job: at.isoformat() for job, at in self.ended.items()},
            "states": list(self.states),
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return them from the output of `to_json`.

        Raises:
            ValueError: it is something else.
        """
        try:
            ended = {job: datetime.fromisoformat(at) for job, at in value["ended"].items()}
            return cls(ended, tuple(map(str, value["states"])))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("it is not a list of jobs") from error
