"""The history of jobs: how they were submitted, and how long runs took.

It is in the recorder's file, and contains no query, no environment and no token. Submissions that
could not be written stay in memory until a later write succeeds. All methods block on the disk.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import ValidationError

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.job_rules import NAMES_OF_UNNAMED
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.recorder.database import RecorderFile

if TYPE_CHECKING:
    from sqlite3 import Connection

KEPT_SUBMISSIONS = 10_000
KEPT_RUNS = 100_000
KEPT_IDS = 20_000
"""Number of ids in memory after which all are dropped, as ever more jobs end in a long session."""
SAMPLES = 30
"""Maximum number of runs of one name from which durations are returned."""

_ENDED = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.CANCELED})
_NO_ORIGINALS: Mapping[str, Sequence[str]] = MappingProxyType({})

_log = logging.getLogger(__name__)


class JobHistory:
    """The history of one team at one Studio, shared by all dashboards on this machine."""

    def __init__(self, database: RecorderFile) -> None:
        self._database = database
        self._lock = Lock()
        self._submitted: dict[str, Submitted] = {}
        """Submissions that are not in the file yet, by job id."""
        self._written_runs = set[object]()
        """Ids of jobs whose runs this program has written."""

    # Submissions.

    def note_submitted(self, job_id: str, submitted: Submitted) -> None:
        with self._lock:
            self._submitted[job_id] = submitted
            rows = [(each, parts.to_json()) for each, parts in self._submitted.items()]
            insert = "INSERT OR REPLACE INTO submitted VALUES (?, ?)"
            if self._write(insert, rows, "submitted", "rowid", KEPT_SUBMISSIONS):
                self._submitted.clear()

    def submissions(self, job_ids: Iterable[str]) -> dict[str, Submitted]:
        """Return the submissions of jobs that were submitted from here, by job id.

        If the file cannot be read, only those that are not in it yet are returned.
        """
        ids = list(job_ids)
        return self.submissions_if_readable(ids) or self._not_written(ids)

    def submissions_if_readable(self, job_ids: Iterable[str]) -> dict[str, Submitted] | None:
        """Return the same as `submissions`, but `None` if the file cannot be read."""
        ids = list(job_ids)
        query = (
            "SELECT job_id, parts FROM submitted WHERE job_id IN (SELECT value FROM json_each(?))"
        )
        with self._lock:
            rows = self._database.read(
                lambda connection: connection.execute(query, (json.dumps(ids),)).fetchall()
            )
            if rows is None:
                return None
            submissions = {}
            for job_id, parts in rows:
                try:
                    submissions[job_id] = Submitted.model_validate_json(parts)
                except ValidationError:
                    _log.warning("The submission of %s cannot be read", job_id)
        return submissions | self._not_written(ids)

    def _not_written(self, job_ids: Iterable[str]) -> dict[str, Submitted]:
        with self._lock:
            return {each: self._submitted[each] for each in job_ids if each in self._submitted}

    def own_or_inherited_submissions(
        self, jobs: Collection[Job], originals: Mapping[str, Sequence[str]] = _NO_ORIGINALS
    ) -> dict[str, Submitted]:
        """Return the submissions of jobs, by job id; jobs without one are left out.

        A job without its own has that of the schedule that created it, else that of the first of
        its `originals`, without the times of a schedule. `originals` are the ids of the jobs that
        each job repeats.
        """
        sources = {
            job.id: (*((job.scheduled_by,) if job.scheduled_by else ()), *originals.get(job.id, ()))
            for job in jobs
        }
        all_source_ids = (source_id for ids in sources.values() for source_id in ids)
        recorded = self.submissions([*sources, *all_source_ids])
        no_times = {"start_after": None, "cron_expression": None, "time_zone": None}
        submissions = {}
        for job_id, source_ids in sources.items():
            source = next((id_ for id_ in source_ids if id_ in recorded), None)
            if job_id in recorded:
                submissions[job_id] = recorded[job_id]
            elif source is not None:
                submissions[job_id] = recorded[source].model_copy(update=no_times)
        return submissions

    def uploaded_files(self, upload_ids: Collection[str]) -> dict[str, SentFile]:
        """Return the files among `upload_ids` that were uploaded from here, by upload id.

        Files without a known name are left out.
        """
        if not upload_ids:
            return {}
        query = (
            "SELECT file.value FROM submitted, json_each(submitted.parts, '$.files') AS file"
            " WHERE json_extract(file.value, '$.id') IN (SELECT value FROM json_each(?))"
            " ORDER BY submitted.rowid"
        )
        with self._lock:
            rows = self._database.rows(query, json.dumps(list(upload_ids)))
            files = [SentFile.model_validate_json(text) for (text,) in rows]
            files += [file for each in self._submitted.values() for file in each.files]
            return {file.id: file for file in files if file.id in upload_ids and file.label}

    # Runs.

    def note_ended(self, jobs: Iterable[Job]) -> bool:
        """Record the jobs that have ended; return whether the file has all of their runs."""
        with self._lock:
            rows = [_run_of(job) for job in jobs if job.id not in self._written_runs]
            runs = [row for row in rows if row is not None]
            if not runs:
                return True
            insert = "INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?, ?, ?)"
            if not self._write(insert, runs, "run", "finished_at", KEPT_RUNS):
                return False
            if len(self._written_runs) > KEPT_IDS:
                # The next call writes those that are still listed once more, which is harmless.
                self._written_runs.clear()
            self._written_runs.update(job_id for job_id, *_ in runs)
            return True

    def durations(self, names: Iterable[str]) -> dict[str, tuple[float, ...]]:
        """Return the seconds that the newest COMPLETE runs took, newest first, by name.

        Runs of unnamed jobs are left out, as they have different queries; so are runs whose times
        are not known.
        """
        query = (
            "SELECT name, finished_at - started_at FROM"
            " (SELECT *, row_number() OVER (PARTITION BY name ORDER BY finished_at DESC) AS place"
            " FROM run WHERE name IN (SELECT value FROM json_each(?))"
            " AND state = ? AND finished_at >= started_at) WHERE place <= ?"
            " ORDER BY finished_at DESC"
        )
        own_names = json.dumps([*set(names).difference(NAMES_OF_UNNAMED.values())])
        durations: dict[str, tuple[float, ...]] = {}
        for name, seconds in self._database.rows(query, own_names, JobState.COMPLETE, SAMPLES):
            durations[name] = (*durations.get(name, ()), round(seconds, 6))
        return durations

    # The file.

    def _write(
        self, insert: str, rows: Sequence[tuple[object, ...]], table: str, order: str, most: int
    ) -> bool:
        """Insert rows, and delete all but the last `most` by `order`; return whether it worked."""
        delete = (
            f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608 (only constants are inserted)
            f" (SELECT rowid FROM {table} ORDER BY {order} DESC LIMIT -1 OFFSET ?)"
        )

        def write(connection: "Connection") -> None:
            connection.executemany(insert, rows)
            connection.execute(delete, (most,))

        return self._database.write(write)


def _run_of(job: Job) -> tuple[object, ...] | None:
    """Return the row of a job in the table `run`; `None` without a known end.

    Times are in seconds since the epoch, and `None` if Studio did not send them.
    """
    if job.state not in _ENDED or job.finished_at is None:
        return None
    created_and_began = (each and each.timestamp() for each in (job.created_at, job.began_at))
    return (job.id, job.name, job.state, *created_and_began, job.finished_at.timestamp())
