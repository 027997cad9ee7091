"""The responses of the local Studio: the schemas of DataChain Studio's API document and more.

The local Studio's own OpenAPI description is made from these classes. Their strings are not
sanitized. Times are strings in UTC, as `times.stamp` writes them. Keys that the API document does
not have come last in a class, after an empty line; `api.models` describes the objects in them.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Response

T = TypeVar("T")

_MAX_QUERIES = 4

_SLICE_ROWS = 100
"""Rows encoded as JSON at once, which takes a few milliseconds."""


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
    steps: list[dict[str, Any]]
    metrics: dict[str, Any] | None
    schedule: dict[str, Any] | None
    scheduled_by: str | None
    scheduled_for: str | None
    waits_for: str | None
    """Why the cluster of a queued job cannot start it (`Clusters.why_not_start`)."""


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
    """Why the cluster file is invalid, if it is; the same for all clusters."""


@dataclass(frozen=True)
class JobPipelineRunOutput:
    """The current run of one job of a pipeline."""

    job_id: str
    """The id of the original, the job that the run repeats."""
    status: str
    parent_job_ids: list[str]
    """The ids of originals."""
    name: str
    created_job_id: str | None

    attempts: list[str]
    """The ids of earlier runs, oldest first."""


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
    removed: list[dict[str, Any]]


@dataclass(frozen=True)
class PipelineOutput:
    """The result of a pipeline action."""

    ok: bool
    pipeline: JobPipelineOutput


@dataclass(frozen=True)
class ErrorBody:
    """The body of every error."""

    message: str
    """Sentences for the user."""
    detail: Any
    """The same as `message` or, for an invalid request, a list of `{"loc", "msg"}`."""


def answer(content: object, status: int = 200) -> Response:
    """Return a response with `content`, which should be small, as JSON."""
    return Response(write_json(content), status, media_type="application/json")


async def write_list(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    """Return a JSON list of the results of `describe`; a long list is encoded in a thread."""
    if len(rows) <= _SLICE_ROWS:
        return write_json([describe(row) for row in rows])
    return await asyncio.to_thread(_write_rows, rows, describe)


class ListCache:
    """The last bodies of a few queries, each valid until the revision of the data changes."""

    def __init__(self) -> None:
        self._bodies: dict[Hashable, tuple[int, bytes]] = {}

    async def body(
        self, query: Hashable, revision: int, make_body: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Return the body of `query` at `revision`, from the cache or made now."""
        cached_revision, body = self._bodies.pop(query, (-1, b""))
        if cached_revision != revision:
            body = await make_body()
        self._bodies[query] = (revision, body)
        while len(self._bodies) > _MAX_QUERIES:
            del self._bodies[next(iter(self._bodies))]
        return body


def write_json(content: object) -> bytes:
    """Return JSON in UTF-8; dataclasses become objects."""
    return json.dumps(content, default=vars, ensure_ascii=False, separators=(",", ":")).encode()


def _write_rows(rows: Sequence[T], describe: Callable[[T], object]) -> bytes:
    # In slices, as no other thread runs while the encoder does.
    slices = (
        write_json([describe(row) for row in rows[begin : begin + _SLICE_ROWS]])[1:-1]
        for begin in range(0, len(rows), _SLICE_ROWS)
    )
    return b"[" + b",".join(slices) + b"]"
