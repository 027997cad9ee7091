"""StudioClient: the endpoints of the REST API, in the document's order, and the log websocket.

Sends each request once and raises only `StudioError`; retrying is up to the caller.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from studio_tui.api import answers, log_stream, routes
from studio_tui.api.auth import TOKEN, StudioAuth
from studio_tui.api.bare_httpx import leave_out_command_line
from studio_tui.api.calls import Call
from studio_tui.api.exchange import Answer, Request, Timeouts
from studio_tui.api.fields import Received, Sent
from studio_tui.api.guard import Guard
from studio_tui.api.ids import can_be_used
from studio_tui.api.log_body import (
    ACCEPTED,
    LogBody,
    log_body,
    log_end,
    range_headers,
    suffix_headers,
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
    JobState,
    Pipeline,
    PipelineInput,
    PipelineOutput,
    RemoveJobFromPipelineInput,
    TriggerPipelineInput,
    UploadedFile,
)
from studio_tui.api.own_routes import OwnRoutes
from studio_tui.api.pages import ListReader, ResultPage
from studio_tui.api.remembered_lists import RememberedLists
from studio_tui.api.routes import Route
from studio_tui.api.upload import FileForm, Progress
from studio_tui.api.written import accepted, any_answer, created, raise_without_details
from studio_tui.errors import InvalidRequest, NotFound, ReadOnly
from studio_tui.settings import Settings
from studio_tui.text import safe_line

if TYPE_CHECKING:
    from studio_tui.api.transport import Transport

__all__ = ["LogBody", "ResultPage", "StudioClient", "Timeouts"]

R = TypeVar("R", bound=Received)

SLOWEST_UPLOAD = 64 * 1024
"""Slowest accepted upload, in bytes per second; determines the timeout of an upload."""

_JSON = {"Content-Type": "application/json"}


class StudioClient:
    """One team of one Studio, over at most six connections; use as an async context manager.

    Each coroutine may raise:
        TransportError: no complete response; if `NotSent`, the request cannot have arrived.
        StatusError: Studio responded with an error status.
        ProtocolError: the response does not match the API document.
    Those that change something may also raise:
        OutcomeUnknown: sent, but it may or may not have taken effect. Never resend blindly.
        ReadOnly: the settings allow only reading.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        timeouts: Timeouts | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Create a client; `guard` verifies the server if another program could take its port."""
        self._settings = settings
        self._guard = guard
        self._timeouts = timeouts or Timeouts()
        self._auth = StudioAuth(settings)
        self._stream_auth = StudioAuth(settings, first_scheme=TOKEN)
        self._opened: Transport | None = None
        self._opening = asyncio.Lock()
        self._has_answered = False
        self.ended: Callable[[Call], None] = lambda _: None
        """Called with each request when it ends. Set it before the first request."""
        self._lists = RememberedLists()
        self.own = OwnRoutes(self._send, self._write, lambda: self._settings.team)
        """Endpoints that only a local Studio has."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. The client can be used again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def renew(self, settings: Settings) -> None:
        """Switch to a new token or new certificate authorities, for the same team and Studio."""
        self._settings = settings
        self._auth = StudioAuth(settings)
        self._stream_auth = StudioAuth(settings, first_scheme=TOKEN)
        await self.aclose()

    @property
    def url(self) -> str:
        """Base URL of Studio, without `/api`."""
        return self._settings.url

    @property
    def origin(self) -> str:
        """Scheme, host and port of Studio."""
        return self._settings.origin

    @property
    def is_local_studio(self) -> bool:
        """Whether the server is a local Studio, which has more endpoints than the API document."""
        return self._opened is not None and self._opened.is_local_studio

    def __repr__(self) -> str:
        return f"StudioClient({self._settings.url}, team {self._settings.team})"

    async def jobs(
        self, *, limit: int = 100, status: str | None = None, job_id: str | None = None
    ) -> ResultPage[Job]:
        """Return the newest jobs, newest first.

        `status` is a word of `JobState`, or ACTIVE or INACTIVE; jobs with other statuses are
        filtered out here too, because not every Studio filters. `job_id` selects one job.
        """
        query = {"limit": str(limit)}
        if status is not None:
            query["status"] = status
        if job_id is not None:
            query["job_id"] = job_id

        def asked_for(job: Job) -> bool:
            return (job_id is None or job.id == job_id) and _has_status(job, status)

        keep = None if job_id is None and status is None else asked_for
        reader = ListReader(Job, attrgetter("id"), keep)
        return await self._list(routes.LIST_JOBS, query, reader, remember=job_id is None)

    async def create_job(self, job: JobInput, *, idempotency_key: str | None = None) -> Job:
        """Create a job; if Studio supports `Idempotency-Key`, equal keys create only one."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        answer = await self._write(routes.CREATE_JOB, job, headers=headers)
        return created(Job, answer)

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        """Return a job's log from byte `offset` on, or `unchanged` if its ETag is still `etag`."""
        answer = await self._log(
            job_id, headers=range_headers(offset, etag), skip=offset, may_cut=True
        )
        return log_body(answer, offset, etag)

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        """Return the last `length` (at least 1) bytes of a job's log.

        Raises `ProtocolError` if the log is too large and Studio does not support range requests.
        """
        headers = suffix_headers(length, etag)
        return log_end(await self._log(job_id, headers=headers, last=length), length, etag)

    def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        """Follow a job's log over a websocket, from its beginning until Studio closes it.

        Close the iterator (`contextlib.aclosing`) when leaving it early. Not in the API document.
        """
        return log_stream.follow(
            self._settings,
            self._stream_auth,
            routes.FOLLOW_LOGS,
            {"job_id": job_id, **self._query()},
            opening=self._timeouts.connect,
            guard=self._guard,
        )

    async def log_blob(self, url: str) -> AsyncGenerator[bytes, None]:
        """Yield an archived part of a log from a URL of a `Blobs` frame; sends no token."""
        from studio_tui.api.blobs import blob  # noqa: PLC0415 (it imports httpx)

        async with aclosing(blob(self._settings, url)) as pieces:
            async for piece in pieces:
                yield piece

    async def cancel_job(self, job_id: str) -> ActionFeedback:
        """Request cancellation of a job. The job may still run when this returns."""
        body = JobCancelInput(team_name=self._settings.team)
        answer = await self._write(routes.CANCEL_JOB, body, job_id)
        return any_answer(ActionFeedback, answer) or ActionFeedback()

    async def upload_file(self, path: Path, *, progress: Progress | None = None) -> UploadedFile:
        """Upload a file; its id goes into `JobInput.files`.

        `progress` is called with the bytes sent and the total. A failed upload can be retried
        safely, since a file that no job uses has no effect. Hence it never raises `OutcomeUnknown`.
        """
        self._check_writable()
        form = await asyncio.to_thread(FileForm, path, progress)
        answer = await self._send(
            Request(
                routes.UPLOAD_FILE.method,
                _path(routes.UPLOAD_FILE),
                self._query(),
                headers=form.headers,
                body=form,
                deadline=self._timeouts.whole + form.size / SLOWEST_UPLOAD,
            )
        )
        return answers.model(UploadedFile, answer.body)

    async def clusters(self) -> ResultPage[Cluster]:
        """Return the clusters that jobs of the team can run on."""
        return await self._list(routes.LIST_CLUSTERS, {}, ListReader(Cluster, attrgetter("id")))

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

        With `only`, upstream datasets are not rebuilt; only a local Studio supports it (see
        `is_local_studio`). A Studio that supports `Idempotency-Key` creates only one for equal
        keys.
        """
        body = TriggerPipelineInput(
            datasets=tuple(datasets),
            team_name=self._settings.team,
            environment=environment,
            review=review,
        )
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        route = routes.REFRESH_PIPELINE if only else routes.TRIGGER_PIPELINE
        answer = await self._write(route, body, headers=headers)
        made = created(PipelineOutput, answer)
        return accepted(made) or raise_without_details()

    async def pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline:
        """Return one pipeline with its jobs, by name or id."""
        named = {"name": name, "pipeline_id": pipeline_id}
        query = self._query() | {key: value for key, value in named.items() if value}
        route = routes.PIPELINE_STATUS
        answer = await self._send(Request(route.method, _path(route), query))
        return answers.model(Pipeline, answer.body)

    async def pause_pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline | None:
        """Pause a pipeline: start no more of its jobs. Return it if the response includes it."""
        return await self._pause_or_resume(routes.PAUSE_PIPELINE, name, pipeline_id)

    async def resume_pipeline(
        self, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline | None:
        """Resume a paused pipeline. Return it if the response includes it."""
        return await self._pause_or_resume(routes.RESUME_PIPELINE, name, pipeline_id)

    async def remove_job(
        self, job_id: str, *, name: str | None = None, pipeline_id: str | None = None
    ) -> Pipeline | None:
        """Remove a pending job from a paused pipeline. Return the pipeline if included."""
        body = RemoveJobFromPipelineInput(
            team_name=self._settings.team, pipeline_id=pipeline_id, name=name, job_id=job_id
        )
        done = await self._write(routes.REMOVE_JOB_FROM_PIPELINE, body)
        return accepted(any_answer(PipelineOutput, done))

    async def pipelines(
        self, *, limit: int = 100, status: str | None = None, search: str | None = None
    ) -> ResultPage[Pipeline]:
        """Return the newest pipelines, newest first; `search` matches names and datasets.

        Pipelines with another `status` are filtered out here too, because not every Studio filters.
        """
        word = status.upper() if status else None
        query = {"limit": str(limit)}
        if word is not None:
            query["status"] = word
        if search:
            query["search"] = search
        reader = ListReader(
            Pipeline,
            attrgetter("pipeline_id"),
            lambda pipeline: word is None or pipeline.status in {word, None},
        )
        return await self._list(routes.LIST_PIPELINES, query, reader)

    async def job_dataset_versions(self, job_id: str) -> tuple[DatasetVersion, ...]:
        """Return the dataset versions that a job created. Not in the API document."""
        route = routes.JOB_DATASET_VERSIONS
        query = {"job_id": job_id, **self._query()}
        answer = await self._send(Request(route.method, _path(route), query))
        return answers.model(DatasetVersions, answer.body).dataset_versions

    async def _log(self, job_id: str, **how: Any) -> Answer:
        route = routes.JOB_LOGS
        path = _path(route, job_id)
        return await self._send(
            Request(route.method, path, self._query(), accepted=ACCEPTED, **how)
        )

    def _query(self) -> dict[str, str]:
        return {"team_name": self._settings.team}

    async def _pause_or_resume(
        self, route: Route, name: str | None, pipeline_id: str | None
    ) -> Pipeline | None:
        body = PipelineInput(team_name=self._settings.team, pipeline_id=pipeline_id, name=name)
        return accepted(any_answer(PipelineOutput, await self._write(route, body)))

    async def _list(
        self,
        route: Route,
        query: Mapping[str, str],
        reader: ListReader[R],
        *,
        remember: bool = True,
    ) -> ResultPage[R]:
        """Request a list, reusing the reader of the last response to the same query."""
        request = Request(route.method, _path(route), {**query, **self._query()})
        try:
            answer = await self._send(request)
        except NotFound as error:
            if self._has_answered:
                raise
            raise _no_studio(self._settings.url, error) from error
        if remember:
            reader = self._lists.reader(route.path, query, reader)
        page = await reader.read(answer.body)
        self._lists.forget()
        return page

    async def _write(
        self,
        route: Route,
        body: Sent,
        *segments: str,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self._check_writable()
        try:
            content = body.model_dump_json(exclude_none=True).encode()
        except ValueError:
            raise InvalidRequest(
                400, "The request contains text that is not valid Unicode."
            ) from None
        return await self._send(
            Request(
                route.method,
                _path(route, *segments),
                {},
                headers=_JSON | dict(headers or {}),
                body=content,
                changes=True,
            )
        )

    def _check_writable(self) -> None:
        if self._settings.read_only:
            raise ReadOnly("Nothing was sent: this is a read-only dashboard.")

    async def _send(self, request: Request) -> Answer:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(
                    _open, self._settings, self._auth, self._timeouts, self._guard
                )
                self._opened.ended = self.ended
            transport = self._opened
        answer = await transport.send(request)
        self._has_answered = True
        return answer


def _no_studio(url: str, error: NotFound) -> NotFound:
    """Return the error for a 404 before any successful response: probably not a Studio server."""
    message = f"{safe_line(url)} answers with 404 (Not Found), so it does not look like Studio"
    return NotFound(error.status, f"{message}: is the URL right? It says: {error}")


def _open(
    settings: Settings, auth: StudioAuth, timeouts: Timeouts, guard: Guard | None
) -> "Transport":
    """Create the transport; run in a thread, as loading httpx and the authorities takes 100 ms."""
    leave_out_command_line()
    from studio_tui.api.transport import Transport  # noqa: PLC0415 (see above)

    return Transport(settings, auth, timeouts, guard)


def _path(route: Route, *segments: str) -> str:
    """Fill in a route's parameters, each as one quoted path segment.

    Raises:
        InvalidRequest: a value cannot be a segment, or would change the endpoint.
    """
    path = route.path
    for segment in segments:
        if not can_be_used(segment):
            raise InvalidRequest(400, f"{safe_line(segment) or 'nothing'} cannot be an id.")
        path = path.replace(path[path.index("{") : path.index("}") + 1], quote(segment, safe=""), 1)
    return path


def _has_status(job: Job, status: str | None) -> bool:
    """Whether a job matches a `status` filter; a job without a readable status always does."""
    match status.upper() if status else None:
        case None:
            return True
        case "ACTIVE":
            return not job.state.is_finished
        case "INACTIVE":
            return job.state.is_finished or job.state is JobState.UNKNOWN
        case word:
            return job.status in {word, None}
