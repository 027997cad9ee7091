"""Creates pipelines: to rebuild datasets, as planned from lineage, or to run several jobs again.

Times are stamps.
"""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from studio_tui.api.models import RERUN_TARGET_PREFIX
from studio_tui.api.states import JobState, PipelineState
from studio_tui.local.db import lineage, planning, reruns
from studio_tui.local.db.lineage_model import Lineage
from studio_tui.local.db.new_job import NewJob, copy_job, insert_job
from studio_tui.local.db.pipelines import PipelineRows, find_by_key, settled
from studio_tui.local.db.planning import RebuildPlan
from studio_tui.local.db.rebuilds import plan_refresh
from studio_tui.local.db.run_order import PlannedJob
from studio_tui.local.run.metastore import Metastore

_LETTERS = ("bcdfghjklmnprstvwyz", "aeiou", "bcdfgklmnprstvz", "aeiouy")
"""The letters that each place in a word of a pipeline's name can have."""


@dataclass(frozen=True)
class NewPipeline:
    """A valid request for a pipeline."""

    datasets: tuple[str, ...]
    """As named in the request and in its order."""
    environment: Mapping[str, str]
    """Added to the variables of every job, in place of those with the same names."""
    is_paused: bool
    idempotency_key: str | None
    request_digest: str
    is_refresh: bool = False
    """Whether the datasets made from `datasets` are rebuilt too, instead of their sources."""


@dataclass(frozen=True)
class NewRerun:
    """A valid request to run several jobs again in order."""

    jobs: Mapping[str, NewJob]
    """The new jobs, by the id of the job that each repeats."""
    idempotency_key: str | None
    request_digest: str


class NothingToRun(Exception):  # noqa: N818 (the name says what is wrong)
    """No known job could make the datasets; the message says why."""


def trigger(
    connection: sqlite3.Connection, request: NewPipeline, metastore: Metastore, now: str
) -> PipelineRows:
    """Plan a pipeline from all known lineage, and start it unless `request.is_paused`.

    The same key and request return the same pipeline.
    """
    if earlier := find_by_key(connection, request.idempotency_key, request.request_digest):
        return earlier
    make_plan = plan_refresh if request.is_refresh else planning.plan
    plan = plan_datasets(connection, request.datasets, metastore, make_plan)
    runs = {
        job: copy_job(
            connection, job.job_id, JobState.PENDING, now, environment=request.environment
        )
        for job in plan.jobs
    }
    pipeline_id = add_pipeline(
        connection,
        request,
        now,
        state=PipelineState.PAUSED if request.is_paused else PipelineState.RUNNING,
        triggered_from=", ".join(request.datasets),
        warnings=plan.warnings,
        runs=runs,
    )
    return settled(connection, pipeline_id, now)


def plan_datasets(
    connection: sqlite3.Connection,
    datasets: tuple[str, ...],
    metastore: Metastore,
    make_plan: Callable[[Iterable[str], Lineage], RebuildPlan] = planning.plan,
) -> RebuildPlan:
    """Record `metastore`, and plan a pipeline that rebuilds the datasets.

    Raises:
        UnknownDataset: Some datasets are not known.
        NothingToRun: No known job could make them.
    """
    lineage.record_metastore(connection, metastore)
    plan = make_plan(datasets, lineage.read_lineage(connection))
    if not plan.jobs:
        raise NothingToRun(" ".join(plan.warnings))
    return plan


def rerun(
    connection: sqlite3.Connection, request: NewRerun, metastore: Metastore, now: str
) -> PipelineRows | None:
    """Run several jobs again in order; return `None`, and run none, if none depends on another.

    The same key and request return the same pipeline.
    """
    if earlier := find_by_key(connection, request.idempotency_key, request.request_digest):
        return earlier
    lineage.record_metastore(connection, metastore)
    jobs, warnings = reruns.in_run_order(connection, request.jobs)
    if not any(job.parents for job in jobs):
        return None
    for job in jobs:
        insert_job(connection, request.jobs[job.job_id], JobState.PENDING, now)
    pipeline_id = add_pipeline(
        connection,
        request,
        now,
        state=PipelineState.RUNNING,
        triggered_from=f"{RERUN_TARGET_PREFIX}{reruns.describe(connection, request.jobs)}",
        warnings=warnings,
        runs={job: request.jobs[job.job_id].id for job in jobs},
    )
    return settled(connection, pipeline_id, now)


def add_pipeline(
    connection: sqlite3.Connection,
    request: NewPipeline | NewRerun,
    now: str,
    *,
    state: PipelineState,
    triggered_from: str,
    warnings: tuple[str, ...] = (),
    error_message: str | None = None,
    runs: Mapping[PlannedJob, str] = MappingProxyType({}),
) -> str:
    """Insert a pipeline with its planned jobs and the first run of each; return its id.

    `triggered_from` says what it rebuilds or reruns, as text for the user.
    """
    pipeline_id = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO pipelines (id, name, state, triggered_from, warnings, created_at, updated_at,"
        " idempotency_key, request_digest, error_message) VALUES (?, ?, ?, ?, ?, ?6, ?6, ?, ?, ?)",
        [
            pipeline_id,
            _free_name(connection),
            state,
            triggered_from,
            json.dumps(warnings),
            now,
            request.idempotency_key,
            request.request_digest,
            error_message,
        ],
    )
    connection.executemany(
        "INSERT INTO pipeline_jobs VALUES (?, ?, ?, ?)",
        [
            (pipeline_id, position, job.job_id, run_id)
            for position, (job, run_id) in enumerate(runs.items())
        ],
    )
    connection.executemany(
        "INSERT INTO pipeline_parents VALUES (?, ?, ?)",
        [(pipeline_id, job.job_id, parent) for job in runs for parent in job.parents],
    )
    return pipeline_id


def _free_name(connection: sqlite3.Connection) -> str:
    while True:
        name = make_name()
        if not connection.execute("SELECT 1 FROM pipelines WHERE name = ?", [name]).fetchone():
            return name


def make_name() -> str:
    """Return a random name of two words, such as `bado-ruge`, of some 70 million names."""
    return "-".join("".join(map(secrets.choice, _LETTERS)) for _ in range(2))
