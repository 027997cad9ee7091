"""Marks on jobs of a pipeline, which are the same in every mode."""

from collections.abc import Container, Iterable, Sequence
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.frame.row_marks import NO_MARK
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.messages import JobToStart, OpenLog, OpenLogs
from studio_tui.tui.pipelines.graph.cursor import NO_JOB_HERE, Cursor
from studio_tui.tui.pipelines.graph.state import GraphState

NO_RUN = "Studio has not created its job yet, so there is no log"


class Marks(MarkedJobs):
    """Controller of the marks on a pipeline's page."""

    def __init__(self, host: Host, state: GraphState, cursor: Cursor) -> None:
        self._host = host
        self._state = state
        self._cursor = cursor
        self._last: str | None = None
        """The node that was marked last, where the next range begins."""

    def why_none(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        return None if self._cursor.members() else NO_JOB_HERE

    def why_no_logs(self) -> str | None:
        return self._state.why_unknown() or (None if self._runs() else NO_RUN)

    def mark(self) -> None:
        """Mark the jobs under the cursor, or unmark them if all are marked; then move on."""
        current, marks = self._cursor.members(), self._state.view.marks
        if set(current) <= set(marks):
            self._mark(mark for mark in marks if mark not in set(current))
        else:
            self._mark((*marks, *current))
            self._last = current[-1]
        self._cursor.step()

    def mark_range(self) -> None:
        """Mark the jobs with rows from the job marked last, if it still is, to the cursor."""
        current, marks = self._cursor.members(), self._state.view.marks
        order = list(self._cursor.order())
        end = order.index(current[-1])
        last = self._last
        begin = order.index(last) if last in marks and last in order else end
        in_rows = self._cursor.nodes_in_rows()
        between = (each for each in order[min(begin, end) : max(begin, end) + 1] if each in in_rows)
        self._mark((*marks, *between, *current))
        self._last = current[-1]

    def mark_below(self) -> None:
        """Mark the job or the group under the cursor, and all descendants, shown or not."""
        plan, current = self._state.loaded.plan, self._cursor.members()
        below = plan.descendants(*current)
        descendants = (node_id for node_id in self._cursor.order() if node_id in below)
        self._mark((*self._state.view.marks, *current, *descendants))

    def unmark_all(self) -> None:
        self._mark(())

    def why_none_ended(self) -> str | None:
        if reason := self._state.why_unknown():
            return reason
        return None if self._ended_nodes() else "No marked job has ended"

    def unmark_ended(self) -> None:
        self.unmark_nodes(self._ended_nodes())

    def drop_missing(self) -> None:
        """Remove the marks of jobs that are no longer in the pipeline, with a notification."""
        nodes, marks = self._state.loaded.plan.nodes, self._state.view.marks
        remaining = tuple(mark for mark in marks if mark in nodes)
        if missing := len(marks) - len(remaining):
            self._mark(remaining)
            verb = "is" if missing == 1 else "are"
            jobs = plural(missing, "marked job")
            self._host.notify_user(f"{jobs} {verb} no longer in the pipeline, so no longer marked")

    def open_logs(self) -> None:
        """Show the merged log of the marked jobs or the group, else the log of the job here."""
        runs, nodes = self._runs(), self._nodes_with_logs()
        if self._state.view.marks or len(nodes) > 1:
            pipeline_id = self._state.pipeline_id
            awaited = [
                JobToStart(pipeline_id, node.id)
                for node in nodes
                if node.run is None or node.state is JobState.PENDING
            ]
            jobs_by_id = self._state.loaded.jobs
            jobs = [jobs_by_id[run] for run in runs if run in jobs_by_id]
            self._host.post_message(OpenLogs(runs, jobs, awaited))
        else:
            self._host.post_message(OpenLog(runs[0]))

    # Overrides of MarkedJobs.

    @property
    def noun(self) -> str:
        return "marked job" if self._state.view.marks else "job"

    def count(self) -> int:
        """Return the number of marked jobs, else of jobs in the group here; 0 on a single job."""
        return len(self._targets()) if self._state.is_loaded else 0

    def not_begun(self) -> int:
        return sum(node.run is None for node in self.nodes())

    def available_jobs(self) -> Sequence[Job]:
        loaded = self._state.loaded
        return [job for node_id in self._targets() if (job := loaded.job(node_id))]

    def notes(self) -> Sequence[str]:
        if not (hidden := len(self._state.hidden_marks())):
            return ()
        by = "the filter" if self._state.view.filter else "! (only problems)"
        return (f"{by[:1].upper()}{by[1:]} hides {hidden:,} of the marked jobs.",)

    async def jobs(self) -> Sequence[Job]:
        runs = [node.run for node in self.nodes() if node.run is not None]
        return await self._host.session.known_items.find_jobs(runs)

    def unmark(self, job_id: str) -> None:
        """Remove the mark of the node whose run is `job_id`: a command on it has succeeded."""
        nodes = self._state.loaded.plan.nodes
        self.unmark_nodes({node.id for node in nodes.values() if node.run == job_id})

    def unmark_nodes(self, node_ids: Container[str]) -> None:
        """Remove marks, and save the others: a closed page does not save them later."""
        self._mark(mark for mark in self._state.view.marks if mark not in node_ids)
        self._state.keep()

    def nodes(self) -> Sequence[Node]:
        """Return the marked nodes, else the nodes of the group here; empty on a single job."""
        nodes = self._state.loaded.plan.nodes
        return [nodes[node_id] for node_id in self._targets() if node_id in nodes]

    def _ended_nodes(self) -> frozenset[str]:
        nodes = self._state.loaded.plan.nodes
        marked = (nodes[mark] for mark in self._state.view.marks if mark in nodes)
        return frozenset(node.id for node in marked if node.state.is_finished)

    def _targets(self) -> Sequence[str]:
        """Return the marked nodes, else those of the group here; on a single job none."""
        if self._state.view.marks:
            return self._state.view.marks
        return self._cursor.members() if self._cursor.node() is None else ()

    def _runs(self) -> list[str]:
        return [node.run for node in self._nodes_with_logs() if node.run is not None]

    def _nodes_with_logs(self) -> list[Node]:
        """Return the nodes whose logs are shown as far as they have begun."""
        nodes = self._state.loaded.plan.nodes
        node_ids = self._state.view.marks or self._cursor.members()
        # Rows may still have nodes of the previous response that the plan lacks now.
        return [nodes[node_id] for node_id in node_ids if node_id in nodes]

    def _mark(self, node_ids: Iterable[str]) -> None:
        self._state.change(marks=tuple(dict.fromkeys(node_ids)))
        if self._state.view.marks:
            self._host.session.endings.watch(self.available_jobs())

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command("graph.mark", "space", "mark", "Mark the job, or remove its mark", mark, why_none),
        Command(
            "graph.mark_range",
            "v",
            "mark up to here",
            "Mark all from the last mark to here",
            mark_range,
            why_none,
        ),
        Command(
            "graph.mark_below",
            "a",
            "mark all below",
            "Mark the job and all that wait for it",
            mark_below,
            why_none,
        ),
        Command(
            "graph.logs",
            "L",
            "logs",
            "Show the log of the job; those of the marked jobs, or of a group, as one",
            open_logs,
            why_no_logs,
        ),
        Command(
            "graph.unmark",
            "u",
            "unmark all",
            "Remove all marks",
            unmark_all,
            lambda self: None if self._state.view.marks else NO_MARK,
        ),
        Command(
            "graph.unmark_ended",
            "U",
            "unmark ended",
            "Remove the marks of jobs that have ended",
            unmark_ended,
            why_none_ended,
        ),
    )
