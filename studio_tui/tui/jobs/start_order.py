"""The order in which rerun jobs start: its description, and one request for all the jobs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_tui.api.models import Job, JobInput, Pipeline
from studio_tui.errors import InvalidRequest, StudioError
from studio_tui.presentation.pipelines.start_order import order_lines
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.naming import title

RerunRequest = tuple[Job, JobInput | StudioError]
"""A job, and the request that creates it again, or the error that says why it is impossible."""


@dataclass(frozen=True)
class StartOrder:
    """The order in which rerun jobs start."""

    lines: tuple[str, ...]
    """Text about the jobs that depend on each other; empty if none is known to."""
    is_lost: bool
    """Whether jobs that depend on each other would start at the same time."""


async def start_order(session: StudioSession, jobs: Sequence[Job]) -> StartOrder:
    """Return the order in which jobs would start if rerun."""
    is_kept, pipeline_list = session.client.is_local_studio, session.known_items.pipelines()
    ids = {job.id for job in jobs}

    def find_lines() -> tuple[str, ...]:
        return order_lines(pipeline_list.pipelines, ids, pipeline_list.originals(), is_kept=is_kept)

    lines = await asyncio.to_thread(find_lines)
    return StartOrder(lines, is_lost=bool(lines) and not is_kept)


async def may_start(host: Host, order: StartOrder) -> bool:
    """Return whether to start the jobs; ask the user if their order would be lost."""
    question = Confirm("Start them all at once?", order.lines, yes="Start them", no="Don't")
    return not order.is_lost or await host.ask(question) is not None


class OrderedCreation:
    """Creates several jobs with one request, which the first call of `created_id` sends."""

    def __init__(
        self, session: StudioSession, requests: Sequence[RerunRequest], files: Sequence[Path]
    ) -> None:
        """Prepare to create jobs; each of them gets the same `files`."""
        self._session = session
        self._requests = requests
        self._files = files
        self._creation: asyncio.Task[Pipeline | None] | None = None

    async def created_id(self, job: Job) -> str | None:
        """Return the id of the new job that repeats `job`; empty if Studio does not return it.

        Return `None` if no job depends on another: Studio then creates nothing, and the jobs have
        to be created one by one.

        Raises:
            StudioError: no job was created, or it is unknown whether any was.
        """
        if self._creation is None:
            self._creation = asyncio.create_task(self._request(), name="create jobs in order")
        pipeline = await self._creation
        if pipeline is None:
            return None
        created_ids = {run.job_id: run.created_job_id for run in pipeline.job_runs}
        return created_ids.get(job.id) or ""

    async def _request(self) -> Pipeline | None:
        inputs: dict[str, JobInput] = {}
        for job, request in self._requests:
            if isinstance(request, StudioError):
                # Jobs that depend on this one would read the previous version of its dataset.
                raise InvalidRequest(400, f"Nothing was started. {title(job)}: {request}")
            inputs[job.id] = request
        return await self._session.commands.reruns.run(inputs, self._files)
