"""What is done with a pipeline and its jobs from the graph: pause, stop, take out, look closer."""

import asyncio
import json

from textual import work
from textual.binding import Binding

from studio_tui.api.models import Job, JobState, Pipeline, PipelineState
from studio_tui.errors import StudioError
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.facts import raw
from studio_tui.tui.frame.commands import READ_ONLY, bindings
from studio_tui.tui.frame.progress_words import asked, told
from studio_tui.tui.frame.review import Review
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.pipelines.controller import PipelineController, remove_question
from studio_tui.tui.pipelines.graph.base import DagHost
from studio_tui.tui.terminal.clipboard import copy

STEERING_BINDINGS = (
    *bindings(JobController, without={"job.pipeline"}),
    *bindings(PipelineController, only={"pipeline.pause", "pipeline.stop"}),
    Binding(
        "D",
        "remove",
        "take out",
        id="dag.remove",
        tooltip="Take the job out of the paused pipeline, after showing what that does",
    ),
    Binding("d", "raw", "JSON", id="dag.raw", tooltip="The job as Studio tells of it"),
)
"""Keys of everything here."""


class DagSteering(DagHost):
    """Mixin of the screen of a pipeline that has things done."""

    def pipeline_at_hand(self) -> Pipeline | None:
        """Return the pipeline."""
        return self.standing.pipeline if self.standing is not None else None

    def job_at_hand(self) -> Job | None:
        """Return the run of the node under the cursor, as far as it is known."""
        return self.standing.job(self.here()) if self.standing is not None else None

    def why_not_steer(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        if action == "remove":
            return self._why_not_remove()
        if action == "raw" and self.node_at_hand() is None:
            return self.why_no_job()
        return None

    def why_no_job(self) -> str:
        """Return why nothing is known of the job under the cursor."""
        node = self.node_at_hand()
        if node is None:
            return "The cursor is on no single job"
        if node.run is None:
            return "Studio has made no job for it yet"
        return "Studio has not told of this job's run yet"

    def _why_not_remove(self) -> str | None:
        node, pipeline = self.node_at_hand(), self.pipeline_at_hand()
        if self.read_only:
            return READ_ONLY
        if node is None or pipeline is None:
            return self.why_no_job()
        if pipeline.state is not PipelineState.PAUSED:
            return "Jobs are taken out of paused pipelines only; p pauses"
        if node.state is not JobState.PENDING:
            return f"It has begun: {(node.status or 'unknown').lower()}"
        return None

    @work(name="take out", group="command")
    async def action_remove(self) -> None:
        """Show what taking the job out does, ask, and do it."""
        node, standing = self.node_at_hand(), self.standing
        if reason := self._why_not_remove():
            self.say(reason)
        elif node is not None and standing is not None:
            pipeline = standing.pipeline
            if await self.app.push_screen_wait(remove_question(pipeline, standing.plan, node.id)):
                try:
                    taking = self.session.steering.remove_job(pipeline, node.id)
                    if await asked(self.app, self.session, taking):
                        self.say(f"Took {node.name} out of the pipeline")
                except StudioError as error:
                    self.app.notify(told(error, self.session), severity="error", markup=False)

    @work(name="raw", group="dialog")
    async def action_raw(self) -> None:
        """Show what Studio sent of the job, and of its run."""
        node, job, pipeline = self.node_at_hand(), self.job_at_hand(), self.pipeline_at_hand()
        if node is None or pipeline is None:
            self.say(self.why_no_job())
            return

        def text() -> str:
            sent = next(run for run in pipeline.job_runs if run.job_id == node.id)
            plan = json.dumps(sent.model_dump(mode="json"), indent=2, ensure_ascii=False)
            return f"{plan}\n{raw(job)}" if job is not None else plan

        written = await asyncio.to_thread(text)
        lines = [Cell(line) for line in written.split("\n")]
        answers = (("o", "ok"), ("c", "copy it"))
        if await self.app.push_screen_wait(Review(node.name, lines, answers)) == "c":
            await copy(self.app, written, plural(len(lines), "line"))
