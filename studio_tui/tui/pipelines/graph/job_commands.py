"""The commands on the jobs of a pipeline: opening, removing, restoring, and raw data."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from studio_tui.api.models import Pipeline, RemovedJob
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.facts import as_json, raw_json
from studio_tui.presentation.pipelines.facts import removed_words
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.impact import ended_words, removal_notes
from studio_tui.service.commands.pipelines import PipelineCommands
from studio_tui.tui.frame.bulk import BulkCommand, begin_bulk, question_lines
from studio_tui.tui.frame.commands import Command, Host, why_read_only
from studio_tui.tui.frame.dialogs import Choose, Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.frame.review import OK, Review, show_text
from studio_tui.tui.messages import OpenJob
from studio_tui.tui.pipelines.bulk import left_out, not_done_yet, title
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.marks import Marks
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.view_modes import ViewModes

NONE_REMOVED = "No job is known to have been removed from this pipeline"
NOT_WHILE_RUNNING = "Jobs cannot be restored while the pipeline runs; p pauses it"
NO_RESTORING = (
    "This Studio cannot restore a job. "
    "t in Pipelines (2) rebuilds the datasets with all of the jobs."
)


class GraphJobs:
    """Controller of the current job of a pipeline, the marked ones, and the removed ones."""

    def __init__(
        self, host: Host, state: GraphState, cursor: Cursor, modes: ViewModes, marks: Marks
    ) -> None:
        self._marks = marks
        self._host = host
        self._state = state
        self._cursor = cursor
        self._modes = modes

    def open(self) -> None:
        """Show the page of the current job, or why it has none; for a group, show its jobs."""
        key = self._cursor.here()
        if key is None:
            return
        if self._cursor.node() is None:
            self._modes.open_group(key)
        elif (job := self._cursor.job()) is not None:
            runs = map(self._state.loaded.job, self._cursor.order())
            among = [run.id for run in runs if run is not None]
            self._host.post_message(OpenJob(job.id, among))
        else:
            self._host.notify_user(self._cursor.why_no_job())

    def go_to_or_open(self, key: str | None) -> None:
        """Move the cursor to a clicked box; if the cursor is there already, open the box."""
        if key is not None and key == self._cursor.here():
            self.open()
        elif key is not None:
            self._cursor.go(key)

    def why_not_remove(self) -> str | None:
        if reason := self._state.why_unknown() or why_read_only(self._host):
            return reason
        node, targets = self._cursor.node(), self._marks.nodes()
        if node is None and not targets:
            return self._cursor.why_no_job()
        pipeline = self._state.loaded.pipeline
        if pipeline.state is PipelineState.COMPLETED:
            return ended_words(pipeline)
        if pipeline.state is not PipelineState.PAUSED:
            return "Jobs can be removed while the pipeline is paused; p pauses it"
        if targets:
            is_possible = any(each.state is JobState.PENDING for each in targets)
            jobs = plural(len(targets), self._marks.noun)
            return None if is_possible else f"All {jobs} have started"
        if node is not None and node.state is not JobState.PENDING:
            has = "ended" if node.state.is_finished else "started"
            return f"It has {has}: {(node.status or 'unknown').lower()}"
        return None

    async def remove(self) -> None:
        """Show the effects, ask, then remove the marked jobs, else the current group or job."""
        node, marked = self._cursor.node(), self._marks.nodes()
        targets = marked or ([] if node is None else [node])
        nodes = [each for each in targets if each.state is JobState.PENDING]
        pipeline, session = self._state.loaded.pipeline, self._host.session

        async def remove(node: Node) -> bool:
            with session.endings.canceling(node.run or node.id):  # Studio cancels what is removed
                return await session.commands.pipelines.remove_job(pipeline, node.id)

        if await self._host.ask(self._remove_question(nodes, len(targets) - len(nodes))):
            begin_bulk(
                self._host,
                BulkCommand(
                    doing="Removing",
                    done="removed",
                    noun="job",
                    items=nodes,
                    name=lambda each: each.name,
                    command=remove,
                    unmark=lambda each: self._marks.unmark_nodes({each.id}),
                    not_done_yet=not_done_yet,
                ),
            )

    @property
    def _commands(self) -> PipelineCommands:
        return self._host.session.commands.pipelines

    def _remove_question(self, nodes: Sequence[Node], begun_count: int) -> Confirm:
        """Return the question whether to remove jobs, with what their children then wait for."""
        loaded = self._state.loaded
        begun = left_out(begun_count, "has begun")
        effects = removal_notes(loaded.plan, {node.id for node in nodes})
        names = [f"  {node.name}  ({self._commands.sent_id(node.id, node.run)})" for node in nodes]
        return Confirm(
            f"Remove {plural(len(nodes), 'job')} from the pipeline?",
            question_lines(
                self._host,
                (f"From {title(loaded.pipeline)}.", *begun, *self._marks.notes()),
                ("What is removed does not run, and its dataset is not rebuilt.", *effects),
                names,
            ),
            yes="Remove",
            no="Keep",
        )

    def why_no_removed_jobs(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        return None if self.removed_jobs() else NONE_REMOVED

    async def restore(self) -> None:
        """Restore a removed job that the user chooses; if that is impossible, show all and why."""
        pipeline, removed = self._pipeline(), self.removed_jobs()
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
        if await self._host.ask(_restore_question(pipeline, chosen)):
            await self._restore(pipeline, chosen)

    def _why_not_restore(self, pipeline: Pipeline) -> str | None:
        session = self._host.session
        if not session.client.is_local_studio:
            return NO_RESTORING
        if reason := why_read_only(self._host):
            return reason
        return NOT_WHILE_RUNNING if pipeline.state is PipelineState.RUNNING else None

    async def _restore(self, pipeline: Pipeline, job: RemovedJob) -> None:
        name = job.name or job.job_id
        await run_and_report(
            self._host,
            name,
            self._commands.restore_job(pipeline, job.job_id),
            lambda is_done: f"Restored {name}; p resumes the pipeline" if is_done else "",
        )

    def _pipeline(self) -> Pipeline:
        return self._commands.with_removed(self._state.loaded.pipeline)

    def removed_jobs(self) -> tuple[RemovedJob, ...]:
        """Return the jobs that were removed from the pipeline, as far as is known."""
        return self._pipeline().removed or ()

    async def show_raw(self) -> None:
        """Show the job as in the pipeline, and its run if loaded, as received from Studio."""
        node, job = self._cursor.node(), self._cursor.job()
        pipeline = self._state.loaded.pipeline
        if node is None:
            return

        def text() -> str:
            run = next(each for each in pipeline.job_runs if each.job_id == node.id)
            run_json = as_json(run)
            return f"{run_json}\n{raw_json(job)}" if job is not None else run_json

        await show_text(self._host, node.name, await asyncio.to_thread(text))

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.remove",
            "D",
            "remove",
            "Remove the job from the paused pipeline, after showing the effects",
            remove,
            why_not_remove,
        ),
        Command(
            "graph.raw",
            "d",
            "JSON",
            "Show the job as JSON",
            show_raw,
            lambda self: self._cursor.why_no_node(),
        ),
        Command(
            "graph.restore",
            "Z",
            "restore",
            "Show the removed jobs, which a local Studio can restore",
            restore,
            why_no_removed_jobs,
        ),
    )


def _restore_question(pipeline: Pipeline, job: RemovedJob) -> Confirm:
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
