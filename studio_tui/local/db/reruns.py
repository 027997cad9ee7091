"""Running several jobs again in the order of their dependencies.

Dependencies follow from the pipelines that a job was run in, and from what it, or the job that it
repeats, has read and made. All functions run on the database's thread.
"""

# ruff: noqa: S608 (only column names and question marks of ours are put into SQL)

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.local.db import lineage
from studio_tui.local.db.database import placeholders
from studio_tui.local.db.lineage_model import KnownJob, Lineage
from studio_tui.local.db.new_job import NewJob
from studio_tui.local.db.run_order import PlannedJob, in_order
from studio_tui.local.shim.datasets import is_listing

_NAMED = 3
"""Maximum number of pipelines or jobs listed by name; further ones are counted."""


@dataclass(frozen=True)
class NewRerun:
    """A checked request to run several jobs again in order."""

    jobs: Mapping[str, NewJob]
    """The new jobs, by the id of the job that each repeats."""
    idempotency_key: str | None
    request_digest: str


class UnknownJob(Exception):  # noqa: N818 (the name says what is wrong)
    """There is no job with an id; `str` is the id."""


def in_run_order(
    connection: sqlite3.Connection, job_ids: Collection[str]
) -> tuple[tuple[PlannedJob, ...], tuple[str, ...]]:
    """Return the jobs, each after those of them that it depends on, and warnings.

    Raises:
        UnknownJob: There is no such job.
    """
    ids = [*job_ids]
    rows = {
        row["id"]: row
        for row in connection.execute(
            f"SELECT id, number, name FROM jobs WHERE id IN ({placeholders(ids)})", ids
        )
    }
    for job_id in ids:
        if job_id not in rows:
            raise UnknownJob(job_id)
    parents: dict[str, set[str]] = {job_id: set() for job_id in ids}
    _add_by_pipelines(connection, parents)
    _add_by_datasets(connection, parents)
    jobs = {key: KnownJob(row["number"], row["name"], "", "", True) for key, row in rows.items()}
    warnings: dict[str, None] = {}
    return in_order(parents, Lineage({}, jobs), warnings), tuple(warnings)


def describe(connection: sqlite3.Connection, jobs: Mapping[str, NewJob]) -> str:
    """Return a description of the jobs: their pipelines, or their own names, a few of them."""
    if sources := _sources_of(connection, jobs):
        return f"of {_few(sources)}"
    return _few([job.name for job in jobs.values()])


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}"


def _sources_of(connection: sqlite3.Connection, job_ids: Iterable[str]) -> list[str]:
    """Return the names of the pipelines that these jobs are runs of, each once."""
    names: dict[str, None] = {}
    for job_id in job_ids:
        for (name,) in connection.execute(
            "SELECT name FROM pipelines JOIN pipeline_jobs ON pipeline_id = id"
            " WHERE created_job_id = ?",
            [job_id],
        ):
            names[name] = None
    return [*names]


def _add_by_pipelines(connection: sqlite3.Connection, parents: dict[str, set[str]]) -> None:
    """Add dependencies from pipelines: for each job, the nearest given jobs it had to wait for."""
    ids = [*parents]
    marks = placeholders(ids)
    pipelines = connection.execute(
        f"SELECT pipeline_id FROM pipeline_jobs WHERE created_job_id IN ({marks})"
        f" UNION SELECT pipeline_id FROM pipeline_attempts WHERE run_id IN ({marks})",
        [*ids, *ids],
    ).fetchall()
    for (pipeline_id,) in pipelines:
        runs: dict[str, set[str]] = {}
        """The given runs of each node."""
        for node, run in connection.execute(
            "SELECT job_id, created_job_id FROM pipeline_jobs WHERE pipeline_id = ?1"
            " UNION ALL SELECT job_id, run_id FROM pipeline_attempts WHERE pipeline_id = ?1",
            [pipeline_id],
        ):
            runs.setdefault(node, set()).update({run} & parents.keys())
        above: dict[str, list[str]] = {}
        for job_id, parent in connection.execute(
            "SELECT job_id, parent_job_id FROM pipeline_parents WHERE pipeline_id = ?",
            [pipeline_id],
        ):
            above.setdefault(job_id, []).append(parent)
        for node, run_ids in runs.items():
            if not run_ids:
                continue
            seen, waiting = {node}, [*above.get(node, ())]
            for parent in waiting:
                if parent in seen:
                    continue
                seen.add(parent)
                if not runs.get(parent):
                    waiting.extend(above.get(parent, ()))
                for run in run_ids:
                    parents[run] |= runs.get(parent, set())


def _add_by_datasets(connection: sqlite3.Connection, parents: dict[str, set[str]]) -> None:
    """Add dependencies from datasets: for each job, the nearest given jobs that make its inputs."""
    recorded = lineage.read_lineage(connection)
    ids = [*parents]
    repeats: dict[str, list[str]] = {job_id: [job_id] for job_id in ids}
    for run, original in connection.execute(
        "SELECT created_job_id, job_id FROM pipeline_jobs"
        f" WHERE created_job_id IN ({placeholders(ids)})",
        ids,
    ):
        repeats[original] = [*repeats.get(original, ()), run]
    makers: dict[str, set[str]] = {}
    made_from: dict[str, set[str]] = {}
    reads: dict[str, set[str]] = {job_id: set() for job_id in ids}
    for version in recorded.versions.values():
        sources = set()
        for source in version.sources:
            used = recorded.versions.get(-1 if source.version_id is None else source.version_id)
            dataset = used.dataset if used else source.dataset.partition("@")[0]
            if dataset and not is_listing(dataset):
                sources.add(dataset)
        made_from.setdefault(version.dataset, set()).update(sources)
        for link in version.jobs:
            for job_id in repeats.get(link.job_id, ()):
                makers.setdefault(version.dataset, set()).add(job_id)
                reads[job_id] |= sources
    for job_id in ids:
        waiting = sorted(reads[job_id])
        seen: set[str] = set()
        for dataset in waiting:
            if dataset in seen:
                continue
            seen.add(dataset)
            if found := makers.get(dataset, set()) - {job_id}:
                parents[job_id] |= found
            elif job_id not in makers.get(dataset, set()):
                waiting.extend(sorted(made_from.get(dataset, ())))
