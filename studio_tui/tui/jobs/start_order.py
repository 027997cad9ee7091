"""The start order of several rerun jobs: how to describe it, and one request for all."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_tui.api.models import Job, JobInput, Pipeline
from studio_tui.errors import InvalidRequest, StudioError
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.pipelines.start_order import order_lines
from studio_tui.service.session import StudioSession
from studio_tui.tui.jobs.naming import title

RerunRequest = tuple[Job, JobInput | StudioError]
"""A job, and the request that creates it again, or the error if there is none."""


@dataclass(frozen=True)
class StartOrder:
    """How to describe the order in which jobs start again."""

    lines: tuple[str, ...]
    """About those that wait for each other in a pipeline; empty if none is known to."""
    is_kept: bool
    """Whether Studio starts each job after those it depends on."""

    @property
    def is_lost(self) -> bool:
        """Whether jobs that depend on each other would start at the same time."""
        return bool(self.lines) and not self.is_kept

    @property
    def paragraph(self) -> tuple[str, ...]:
        """The lines, followed by an empty one."""
        return (*self.lines, "") if self.lines else ()


async def start_order(session: StudioSession, jobs: Sequence[Job]) -> StartOrder:
    """Return the known order of jobs, computed in a thread, as pipelines may be large."""
    is_kept, pipeline_list = session.client.is_local_studio, session.known_items.pipelines()
    ids = {job.id for job in jobs}

    def lines() -> tuple[str, ...]:
        return order_lines(pipeline_list.pipelines, ids, pipeline_list.originals(), is_kept=is_kept)

    return StartOrder(await asyncio.to_thread(lines), is_kept)


@dataclass(frozen=True)
class CreatedJob:
    """A job created in a pipeline of rerun jobs."""

    job_id: str
    pipeline: Pipeline

    @property
    def words(self) -> str:
        """The text for a report."""
        name = self.pipeline.name or self.pipeline.pipeline_id
        return f"created as {self.job_id[:SHORT_ID]} in the pipeline {name}"


class OrderedCreation:
    """Creates several jobs with one request, which is sent when the first of them is awaited."""

    def __init__(
        self, session: StudioSession, requests: Sequence[RerunRequest], files: Sequence[Path]
    ) -> None:
        """Make a group of jobs; each gets the same `files`."""
        self._session = session
        self._requests = requests
        self._files = files
        self._asking = asyncio.Lock()
        self._is_over = False
        self._made: Pipeline | None = None
        self._error: StudioError | None = None

    async def made(self, job: Job) -> CreatedJob | None:
        """Return the job created from `job`; `None` if no job depends on another and none was
        created.

        Raises:
            StudioError: none was created, or the outcome is unknown.
        """
        async with self._asking:
            if not self._is_over:
                try:
                    self._made = await self._request()
                except StudioError as error:
                    self._error = error
                self._is_over = True
        if self._error is not None:
            raise self._error
        if self._made is None:
            return None
        runs = {run.job_id: run.created_job_id for run in self._made.job_runs}
        return CreatedJob(runs.get(job.id) or "", self._made)

    async def _request(self) -> Pipeline | None:
        sent: dict[str, JobInput] = {}
        for job, request in self._requests:
            if isinstance(request, StudioError):
                # Jobs that depend on it would read the previous version of its dataset.
                raise InvalidRequest(400, f"Nothing was started. {title(job)}: {request}")
            sent[job.id] = request
        return await self._session.commands.reruns.run(sent, self._files)
