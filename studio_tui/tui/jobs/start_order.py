"""In which order several jobs that run again start: what is asked, and one request for all."""

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

Wish = tuple[Job, JobInput | StudioError]
"""A job, and what makes it again, or why that cannot be."""


@dataclass(frozen=True)
class StartOrder:
    """What there is to say of the order in which jobs start again."""

    lines: tuple[str, ...]
    """Of those that wait for each other in a pipeline; empty where none is known to."""
    is_kept: bool
    """Whether Studio starts each job after those of them that it depends on."""

    @property
    def is_lost(self) -> bool:
        """Whether jobs would start at once that wait for each other."""
        return bool(self.lines) and not self.is_kept

    @property
    def paragraph(self) -> tuple[str, ...]:
        """The lines, with an empty one below."""
        return (*self.lines, "") if self.lines else ()


async def start_order(session: StudioSession, jobs: Sequence[Job]) -> StartOrder:
    """Return what is known of the order of jobs; found in a thread, as pipelines may be large."""
    is_kept, known = session.reruns.are_possible, session.known_pipelines()
    ids = {job.id for job in jobs}

    def lines() -> tuple[str, ...]:
        return order_lines(known.pipelines, ids, known.originals(), is_kept=is_kept)

    return StartOrder(await asyncio.to_thread(lines), is_kept)


@dataclass(frozen=True)
class Started:
    """A job that a pipeline of jobs which run again has made."""

    job_id: str
    pipeline: Pipeline

    @property
    def words(self) -> str:
        """What a report says of it."""
        name = self.pipeline.name or self.pipeline.pipeline_id
        return f"created as {self.job_id[:SHORT_ID]} in the pipeline {name}"


class OrderedCreation:
    """Has all of several jobs made by one request, whichever of them is asked for first."""

    def __init__(
        self, session: StudioSession, wishes: Sequence[Wish], files: Sequence[Path]
    ) -> None:
        """Take what makes each job again, and the files that each of them gets."""
        self._session = session
        self._wishes = wishes
        self._files = files
        self._asking = asyncio.Lock()
        self._is_over = False
        self._made: Pipeline | None = None
        self._error: StudioError | None = None

    async def made(self, job: Job) -> Started | None:
        """Return the job made of one; `None` where none depends on another and none was made.

        Raises:
            StudioError: none of them was made, or it is not known whether they were.
        """
        async with self._asking:
            if not self._is_over:
                try:
                    self._made = await self._ask()
                except StudioError as error:
                    self._error = error
                self._is_over = True
        if self._error is not None:
            raise self._error
        if self._made is None:
            return None
        runs = {run.job_id: run.created_job_id for run in self._made.job_runs}
        return Started(runs.get(job.id) or "", self._made)

    async def _ask(self) -> Pipeline | None:
        sent: dict[str, JobInput] = {}
        for job, wish in self._wishes:
            if isinstance(wish, StudioError):
                # Others may depend on it, and would read what was made before.
                raise InvalidRequest(400, f"Nothing was started. {title(job)}: {wish}")
            sent[job.id] = wish
        return await self._session.reruns.run(sent, self._files)
