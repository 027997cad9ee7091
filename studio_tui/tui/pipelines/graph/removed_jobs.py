"""The jobs removed from a pipeline, and restoring them."""

from typing import Any, ClassVar

from studio_tui.api.models import Pipeline, RemovedJob
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.facts import removed_words
from studio_tui.tui.frame.commands import READ_ONLY, Command, Host
from studio_tui.tui.frame.dialogs import Choose, Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.pipelines.graph.state import GraphState

NO_JOBS = "No job is known to have been removed from this pipeline"
RUNNING = "Jobs cannot be restored while the pipeline runs; p pauses it"
NOT_LOCAL = "This Studio cannot restore a job. t rebuilds its datasets, with all of the jobs."


class RemovedJobs:
    """Controller of the removed jobs on a pipeline's page."""

    def __init__(self, host: Host, state: GraphState) -> None:
        self._host = host
        self._state = state

    def why_no_removed_jobs(self) -> str | None:
        """Return why there are no removed jobs to show."""
        if reason := self._state.why_unknown():
            return reason
        return None if self._removed_jobs() else NO_JOBS

    async def restore(self) -> None:
        """Restore a removed job that the user chooses; if that is impossible, show all and why."""
        pipeline, removed = self._pipeline(), self._removed_jobs()
        names = [removed_words(job) for job in removed]
        reason = self._why_not_restore(pipeline)
        if reason is not None:
            heading = f"Removed: {plural(len(removed), 'job')}"
            lines = [*map(Cell, names), Cell(""), Cell(reason)]
            await self._host.ask(Review(heading, lines, (OK,)))
            return
        chosen = removed[0]
        if len(removed) > 1:
            keys = [(job.job_id, name) for job, name in zip(removed, names, strict=True)]
            key = await self._host.ask(Choose("Restore which job?", keys, chosen.job_id))
            if key is None:
                return
            chosen = next(job for job in removed if job.job_id == key)
        if await self._host.ask(_question(pipeline, chosen)):
            await self._restore(pipeline, chosen)

    def _why_not_restore(self, pipeline: Pipeline) -> str | None:
        session = self._host.session
        if not session.client.is_local_studio:
            return NOT_LOCAL
        if self._host.read_only:
            return READ_ONLY
        return RUNNING if pipeline.state is PipelineState.RUNNING else None

    async def _restore(self, pipeline: Pipeline, job: RemovedJob) -> None:
        name = job.name or job.job_id
        await run_and_report(
            self._host,
            name,
            self._host.session.commands.pipelines.restore_job(pipeline, job.job_id),
            lambda is_done: f"Restored {name}; p resumes the pipeline" if is_done else "",
        )

    def _pipeline(self) -> Pipeline:
        return self._host.session.commands.pipelines.with_removed(
            self._state.require_loaded().pipeline
        )

    def _removed_jobs(self) -> tuple[RemovedJob, ...]:
        return self._pipeline().removed or ()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.restore",
            "Z",
            "restore",
            "Show the removed jobs, which a local Studio can restore",
            restore,
            why_no_removed_jobs,
        ),
    )


def _question(pipeline: Pipeline, job: RemovedJob) -> Confirm:
    is_paused = pipeline.state is PipelineState.PAUSED
    pause = "The pipeline stays paused" if is_paused else "The pipeline will be paused"
    return Confirm(
        "Restore this job of the pipeline?",
        (
            f"  job  {job.name or '–'}",
            f"  id   {job.created_job_id or job.job_id}",
            "",
            "It depends on the same jobs as before, and jobs that depended on it",
            "and have not started depend on it again.",
            f"{pause}; p resumes it.",
        ),
        yes="Restore it",
        no="Don't",
        default_yes=True,
    )
