"""Finds the order in which several jobs run again, and their dependencies.

Dependencies follow from the pipelines in which the jobs ran, and from the datasets that the jobs,
or their originals in pipelines, have read and made.
"""

# ruff: noqa: S608 (only constants and question marks are put into SQL)

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from studio_tui.local.db import lineage
from studio_tui.local.db.database import placeholders
from studio_tui.local.db.jobs import UnknownJob
from studio_tui.local.db.lineage_model import KnownJob, Lineage
from studio_tui.local.db.new_job import NewJob
from studio_tui.local.db.run_order import PlannedJob, in_order, nearest_ancestors, reachable
from studio_tui.local.shim.datasets import is_listing

_MAX_NAMES = 3


def in_run_order(
    connection: sqlite3.Connection, job_ids: Collection[str]
) -> tuple[tuple[PlannedJob, ...], tuple[str, ...]]:
    """Return the jobs, each after the others that it depends on, and warnings."""
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
    """Return the names of the repeated jobs' pipelines, as `of bado-ruge`.

    If they have no pipeline, return the names of the new jobs.
    """
    if pipelines := _pipelines_of(connection, jobs):
        return f"of {_join_names(pipelines)}"
    return _join_names([job.name for job in jobs.values()])


def _join_names(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    return f"{', '.join(names[:_MAX_NAMES])}{f' and {more} more' if more > 0 else ''}"


def _pipelines_of(connection: sqlite3.Connection, job_ids: Iterable[str]) -> list[str]:
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
    """Add to the parents of each job the nearest of the jobs that it waited for in a pipeline."""
    ids = [*parents]
    marks = placeholders(ids)
    pipelines = connection.execute(
        f"SELECT pipeline_id FROM pipeline_jobs WHERE created_job_id IN ({marks})"
        f" UNION SELECT pipeline_id FROM pipeline_attempts WHERE run_id IN ({marks})",
        [*ids, *ids],
    ).fetchall()
    for (pipeline_id,) in pipelines:
        runs: dict[str, set[str]] = {}
        """For each node, the jobs of `parents` that are its runs."""
        for node, run in connection.execute(
            "SELECT job_id, created_job_id FROM pipeline_jobs WHERE pipeline_id = ?1"
            " UNION ALL SELECT job_id, run_id FROM pipeline_attempts WHERE pipeline_id = ?1",
            [pipeline_id],
        ):
            runs.setdefault(node, set()).update({run} & parents.keys())
        node_parents: dict[str, list[str]] = {}
        for node, parent in connection.execute(
            "SELECT job_id, parent_job_id FROM pipeline_parents WHERE pipeline_id = ?",
            [pipeline_id],
        ):
            node_parents.setdefault(node, []).append(parent)
        nodes = {node for node, run_ids in runs.items() if run_ids}
        for node in nodes:
            for ancestor in nearest_ancestors(node, node_parents, nodes):
                for run in runs[node]:
                    parents[run] |= runs[ancestor]


def _add_by_datasets(connection: sqlite3.Connection, parents: dict[str, set[str]]) -> None:
    """Add to the parents of each job the nearest of the jobs that make its inputs."""
    all_lineage = lineage.read_lineage(connection)
    ids = [*parents]
    runs: dict[str, list[str]] = {job_id: [job_id] for job_id in ids}
    """For each job, the jobs of `parents` that are the job itself or its current runs."""
    for run, original in connection.execute(
        "SELECT created_job_id, job_id FROM pipeline_jobs"
        f" WHERE created_job_id IN ({placeholders(ids)})",
        ids,
    ):
        runs[original] = [*runs.get(original, ()), run]
    makers: dict[str, set[str]] = {}
    made_from: dict[str, set[str]] = {}
    reads: dict[str, set[str]] = {job_id: set() for job_id in ids}
    """For each job of `parents`, the sources of the versions that it made or reused."""
    for version in all_lineage.versions.values():
        sources = set()
        for source in version.sources:
            used = all_lineage.source_version(source)
            dataset = used.dataset if used else source.dataset.partition("@")[0]
            if dataset and not is_listing(dataset):
                sources.add(dataset)
        made_from.setdefault(version.dataset, set()).update(sources)
        for link in version.jobs:
            for job_id in runs.get(link.job_id, ()):
                makers.setdefault(version.dataset, set()).add(job_id)
                reads[job_id] |= sources

    def following(dataset: str) -> Iterable[str]:
        return () if dataset in makers else sorted(made_from.get(dataset, ()))

    for job_id in ids:
        for dataset in reachable(sorted(reads[job_id]), following):
            parents[job_id] |= makers.get(dataset, set()) - {job_id}
