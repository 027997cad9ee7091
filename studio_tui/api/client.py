"""StudioClient: the endpoints of the REST API, in the document's order, and the log websocket.

The client raises only `StudioError`. It repeats a request only if Studio refuses the scheme of the
token.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

from studio_tui.api import answers, log_stream, routes
from studio_tui.api.connection import StudioConnection
from studio_tui.api.exchange import WHOLE_TIMEOUT, Answer
from studio_tui.api.guard import Guard
from studio_tui.api.local_endpoints import LocalEndpoints
from studio_tui.api.log_body import (
    ACCEPTED,
    LogBody,
    log_body,
    log_end,
    range_headers,
)
from studio_tui.api.log_stream import LogFrame
from studio_tui.api.models import (
    ActionFeedback,
    Cluster,
    DatasetVersion,
    DatasetVersions,
    Job,
    JobCancelInput,
    JobInput,
    Pipeline,
    PipelineInput,
    PipelineOutput,
    RemoveJobFromPipelineInput,
    TriggerPipelineInput,
    UploadedFile,
)
from studio_tui.api.pages import ListReader, ResultPage
from studio_tui.api.routes import Route
from studio_tui.api.states import JobState
from studio_tui.api.upload import FileForm, Progress
from studio_tui.settings import Settings

SLOWEST_UPLOAD = 64 * 1024
"""In bytes per second; determines the timeout of an upload."""


class StudioClient(StudioConnection):
    """One team of one Studio; use as an async context manager.

    All requests share at most six connections; each followed log has its own websocket, and each
    download of an archived log its own connection.

    Each coroutine may raise:
        TransportError: no complete response; if `NotSent`, Studio cannot have the whole request.
        StatusError: Studio responded with an error status.
        ProtocolError: the response does not match the API document.
        ConfigError: the CA file can no longer be read.
    A coroutine that changes something may also raise:
        OutcomeUnknown: the request was sent and may have taken effect. Never resend it blindly.
        ReadOnly: the settings allow only reading.
    """

    def __init__(self, settings: Settings, *, guard: Guard | None = None) -> None:
        super().__init__(settings, guard)
        self.local = LocalEndpoints(self)
        """For the endpoints that only the local Studio has."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def url(self) -> str:
        """Base URL of Studio, without `/api`."""
        return self.settings.url

    @property
    def origin(self) -> str:
        return self.settings.address.origin

    async def job(self, job_id: str) -> Job | None:
        """Return one job; `None` if Studio has none with this id."""
        page = await self.jobs(limit=1, job_id=job_id)
        return next((job for job in page.items if job.id == job_id), None)

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        """Return the newest jobs, newest first.

        `status` is a word of `JobState`, or ACTIVE or INACTIVE. As not every Studio filters, jobs
        that do not match are removed from the response here.
        """
        query = {"limit": str(limit)}
        if status is not None:
            query["status"] = status
        if job_id is not None:
            query["job_id"] = job_id

        def is_requested(job: Job) -> bool:
            return (job_id is None or job.id == job_id) and _has_status(job, status)

        has_filter = job_id is not None or status is not None
        reader = ListReader(Job, attrgetter("id"), is_requested if has_filter else None)
        # A single job is a probe, which must not replace the rows of the list.
        remember = job_id is None and limit > 1
        return await self.read_list(routes.LIST_JOBS, query, reader, remember=remember)

    async def create_job(self, job: JobInput, *, idempotency_key: str | None = None) -> Job:
        """Create a job; if Studio supports `Idempotency-Key`, equal keys create one job."""
        answer = await self.write(routes.CREATE_JOB, job, key=idempotency_key)
        return answers.parse_created(Job, answer)

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        """Return a job's log from byte `offset` on, or `unchanged` if its ETag is still `etag`."""
        headers = range_headers(f"{offset}-", etag)
        answer = await self._request_log(job_id, headers=headers, skip=offset, may_cut=True)
        return log_body(answer, offset, etag)

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        """Return the last `length` (at least 1) bytes of a job's log, like `job_logs`."""
        headers = range_headers(f"-{length}", etag)
        answer = await self._request_log(job_id, headers=headers, last=length)
        return log_end(answer, length, etag)

    def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        """Yield the frames of a job's log; close the iterator when leaving it early."""
        query = {"job_id": job_id, **self.query}
        return log_stream.follow(self.settings, self._stream_auth, query, self._guard)

    def log_blob(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield an archived part of a log from a URL of a `Blobs` frame; sends no token."""
        from studio_tui.api.blobs import download_blob  # noqa: PLC0415 (it imports httpx)

        return download_blob(self.settings, url)

    async def cancel_job(self, job_id: str) -> ActionFeedback:
        """Request cancellation of a job. The job may still run when this returns."""
        body = JobCancelInput(team_name=self.team)
        answer = await self.write(routes.CANCEL_JOB, body, job_id)
        return answers.parse_optional(ActionFeedback, answer) or ActionFeedback()

    async def upload_file(self, path: Path, *, progress: Progress | None = None) -> UploadedFile:
        """Upload a file; its id goes into `JobInput.files`.

        `progress` is called with the bytes sent and the total. A failed upload can be retried
        safely, as a file that no job uses has no effect.
        """
        self.check_writable()
        form = await asyncio.to_thread(FileForm, path, progress)
        timeout = WHOLE_TIMEOUT + form.size / SLOWEST_UPLOAD
        answer = await self.request(
            routes.UPLOAD_FILE,
            headers=form.headers,
            body=form,
            recorded=json.dumps({"file": path.name}).encode(),
            timeout=timeout,
        )
        return answers.parse_model(UploadedFile, answer.body)

    async def clusters(self) -> ResultPage[Cluster]:
        return await self.read_list(routes.LIST_CLUSTERS, {}, ListReader(Cluster, attrgetter("id")))

    async def trigger_pipeline(
        self,
        datasets: Iterable[str],
        *,
        environment: str | None = None,
        review: bool = True,
        only: bool = False,
        idempotency_key: str | None = None,
    ) -> Pipeline:
        """Create a pipeline that rebuilds `datasets`; with `review` it starts paused.

        With `only`, upstream datasets are not rebuilt; only a local Studio supports that. If Studio
        supports `Idempotency-Key`, equal keys create only one pipeline.
        """
        body = TriggerPipelineInput(
            datasets=tuple(datasets),
            team_name=self.team,
            environment=environment,
            review=review,
        )
        route = routes.REFRESH_PIPELINE if only else routes.TRIGGER_PIPELINE
        answer = await self.write(route, body, key=idempotency_key)
        return answers.parse_created_pipeline(answer)

    async def pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline:
        """Return one pipeline with its jobs, by name or id."""
        parameters = {"name": name, "pipeline_id": pipeline_id}
        query = {key: value for key, value in parameters.items() if value}
        answer = await self.request(routes.PIPELINE_STATUS, query)
        return answers.parse_model(Pipeline, answer.body)

    async def pause_pipeline(self, *, pipeline_id: str) -> Pipeline | None:
        """Start no more jobs of a pipeline; return it, if the response includes it."""
        return await self._pause_or_resume(routes.PAUSE_PIPELINE, pipeline_id)

    async def resume_pipeline(self, *, pipeline_id: str) -> Pipeline | None:
        """Resume a paused pipeline; return it, if the response includes it."""
        return await self._pause_or_resume(routes.RESUME_PIPELINE, pipeline_id)

    async def remove_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        """Remove a pending job from a paused pipeline.

        The pipeline is returned, if the response includes it.
        """
        body = RemoveJobFromPipelineInput(
            team_name=self.team, pipeline_id=pipeline_id, job_id=job_id
        )
        answer = await self.write(routes.REMOVE_JOB_FROM_PIPELINE, body)
        return answers.pipeline_in(answers.parse_optional(PipelineOutput, answer))

    async def pipelines(self, *, limit: int = 100) -> ResultPage[Pipeline]:
        """Return the newest pipelines, newest first."""
        reader = ListReader(Pipeline, attrgetter("pipeline_id"))
        query = {"limit": str(limit)}
        return await self.read_list(routes.LIST_PIPELINES, query, reader)

    async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
        answer = await self.request(routes.JOB_DATASET_VERSIONS, {"job_id": job_id})
        return answers.parse_model(DatasetVersions, answer.body).dataset_versions

    async def _request_log(self, job_id: str, **fields: Any) -> Answer:
        return await self.request(routes.JOB_LOGS, {}, job_id, accepted=ACCEPTED, **fields)

    async def _pause_or_resume(self, route: Route, pipeline_id: str) -> Pipeline | None:
        body = PipelineInput(team_name=self.team, pipeline_id=pipeline_id)
        answer = await self.write(route, body)
        return answers.pipeline_in(answers.parse_optional(PipelineOutput, answer))


def _has_status(job: Job, status: str | None) -> bool:
    """Whether a job may have a status; ACTIVE and INACTIVE each stand for several statuses.

    A job without a status may have any; one with an unknown status may be ACTIVE or INACTIVE.
    """
    match status.upper() if status else None:
        case None:
            return True
        case "ACTIVE":
            return not job.state.is_finished
        case "INACTIVE":
            return job.state.is_finished or job.state is JobState.UNKNOWN
        case word:
            return job.status in {word, None}
