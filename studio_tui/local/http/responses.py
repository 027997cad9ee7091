"""The responses of the local Studio: each schema of the REST document, plus keys of newer servers.

The dataclasses define the OpenAPI description and are sent unchanged, so texts in them reach the
client exactly as they came; making them safe to draw is up to the client. Keys that the document
does not have come last in each class, and are those that the published client reads.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Response

from studio_tui.local.db.dataset_list import DatasetRow

T = TypeVar("T")

_QUESTIONS = 4

_SLICE = 100
"""Rows encoded as JSON at once; that takes a few milliseconds."""


@dataclass(frozen=True)
class JobStep:
    """One step in the execution of a job."""

    name: str
    label: str
    started_at: str
    finished_at: str | None


@dataclass(frozen=True)
class ScheduleRun:
    """A run of a schedule, or a fire time without one."""

    kind: str
    id: str | None
    name: str | None
    status: str | None
    scheduled_for: str | None
    created_at: str | None
    by_hand: bool
    error_message: str | None


@dataclass(frozen=True)
class JobSchedule:
    """When a TASK creates runs, and their results so far."""

    cron_expression: str | None
    start_after: str | None
    time_zone: str
    next_run_at: str | None
    runs: int
    missed: int
    skipped: int
    last_run_id: str | None
    recent: list[ScheduleRun]
    suspended_at: str | None
    datasets: list[str] | None


@dataclass(frozen=True)
class JobOutput:
    """A job."""

    id: str
    url: str
    status: str
    created_at: str
    created_by: str
    finished_at: str | None
    query: str
    query_type: str
    team: str
    name: str
    workers: int
    python_version: str | None
    requirements: str | None
    repository: str | None
    environment: dict[str, str]
    exit_code: int | None
    error_message: str | None

    started_at: str | None
    compute_cluster_id: int | None
    compute_cluster_name: str
    steps: list[JobStep]
    metrics: dict[str, Any] | None
    schedule: JobSchedule | None
    scheduled_by: str | None
    scheduled_for: str | None
    waits_for: str | None
    """Why its cluster cannot start a queued job now; empty if only workers are missing."""


@dataclass(frozen=True)
class ActionFeedback:
    """The result of an action."""

    message: str


@dataclass(frozen=True)
class UploadFileOutput:
    """An uploaded file."""

    id: int
    filename: str
    size: int
    state: str
    error: str | None


@dataclass(frozen=True)
class ComputeClusterOutput:
    """A cluster."""

    id: int
    name: str
    status: str
    cloud_provider: str
    cloud_credentials: str | None
    is_active: bool
    default: bool
    max_workers: int

    cloud_region: str | None
    instance_type: str | None
    compute_class: str | None
    disk_size: str | None
    active_workers: int
    busy_workers: int
    problem: str | None


@dataclass(frozen=True)
class JobPipelineRunOutput:
    """One job of a pipeline."""

    job_id: str
    status: str
    parent_job_ids: list[str]
    name: str
    created_job_id: str | None

    attempts: list[str]


@dataclass(frozen=True)
class RemovedJobOutput:
    """A job that was removed from a pipeline."""

    job_id: str
    name: str
    created_job_id: str
    removed_at: str


@dataclass(frozen=True)
class JobPipelineOutput:
    """A pipeline."""

    pipeline_id: str
    status: str
    job_runs: list[JobPipelineRunOutput]
    completed: int
    total: int
    error_message: str | None
    error_stack: str | None
    triggered_from: str
    name: str
    created_at: str
    updated_at: str

    warnings: list[str]
    scheduled_by: str | None
    removed: list[RemovedJobOutput]


@dataclass(frozen=True)
class RerunOutput:
    """The result of running jobs again in order; not in the document."""

    ok: bool
    pipeline: JobPipelineOutput | None


@dataclass(frozen=True)
class PipelineOutput:
    """The result of a pipeline action."""

    ok: bool
    pipeline: JobPipelineOutput


@dataclass(frozen=True)
class DatasetVersion:
    """A dataset version that a job made."""

    dataset_name: str
    version: str


@dataclass(frozen=True)
class DatasetVersions:
    """The dataset versions that a job made."""

    dataset_versions: list[DatasetVersion]


@dataclass(frozen=True)
class ListedDatasets:
    """All datasets; not in the document."""

    datasets: list[DatasetRow]


@dataclass(frozen=True)
class Refused:
    """The body of every error."""

    message: str
    """Sentences for the user; the published client shows only this key."""
    detail: Any
    """The same again or, for invalid requests, a list of `{"loc", "msg"}`."""


def answer(content: object, status: int = 200) -> Response:
    """Return a JSON response of one small answer."""
    return Response(write_json(content), status, media_type="application/json")


async def write_list(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    """Return a list of any length as JSON, encoded in a thread if it is long."""
    if len(rows) <= _SLICE:
        return write_json([describe(row) for row in rows])
    return await asyncio.to_thread(_write_rows, rows, describe)


class ListCache:
    """A cache of the latest bodies of a few queries, valid until their data changes.

    A dashboard sends the same query every few seconds, and usually nothing has changed.
    """

    def __init__(self) -> None:
        self._bodies: dict[Hashable, tuple[int, bytes]] = {}

    async def body(
        self, question: Hashable, revision: int, ask: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Return the body cached at `revision` if there is one, else call `ask`."""
        made_at, body = self._bodies.pop(question, (-1, b""))
        if made_at != revision:
            body = await ask()
        self._bodies[question] = (revision, body)
        while len(self._bodies) > _QUESTIONS:
            del self._bodies[next(iter(self._bodies))]
        return body


def write_json(content: object) -> bytes:
    """Return JSON in UTF-8; dataclasses become objects."""
    return json.dumps(content, default=vars, ensure_ascii=False, separators=(",", ":")).encode()


def _write_rows(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    # In slices, because the encoder blocks all other threads until it is done.
    slices = (
        write_json([describe(row) for row in rows[at : at + _SLICE]])[1:-1]
        for at in range(0, len(rows), _SLICE)
    )
    return b"[" + b",".join(slices) + b"]"
