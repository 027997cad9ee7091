"""Marks on jobs of a pipeline: kept by node, whatever is folded and however it is shown."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from studio_tui.api.models import Job
from studio_tui.presentation.format import plural
from studio_tui.tui.messages import OpenLog, OpenLogs
from studio_tui.tui.pipelines.graph.base import DagHost

NO_RUN = "Studio has made no job for it yet, so there is no log"


class DagMarks(DagHost):
    """Mixin of the screen of a pipeline whose jobs can be marked."""

    _last_mark: str | None = None
    """The node marked last, from which a range reaches."""

    @abstractmethod
    def step_down(self) -> None:
        """Go on to what comes next, after a mark."""

    def action_mark(self) -> None:
        """Mark the job under the cursor, or take its mark away, and go on; a group as a whole."""
        here = self.members(self.here())
        if not here:
            return
        if set(here) <= set(self.view.marks):
            self._mark(mark for mark in self.view.marks if mark not in set(here))
        else:
            self._mark((*self.view.marks, *here))
            self._last_mark = here[-1]
        self.step_down()

    def action_mark_range(self) -> None:
        """Mark all from the job marked last to the one under the cursor, or the latter alone."""
        here = self.members(self.here())
        if not here:
            return
        order = list(self.order())
        place = order.index(here[-1])
        last = self._last_mark
        since = order.index(last) if last in self.view.marks and last in order else place
        between = order[min(place, since) : max(place, since) + 1]
        self._mark((*self.view.marks, *between, *here))
        self._last_mark = here[-1]

    def action_mark_below(self) -> None:
        """Mark the job and all that wait for it."""
        if self.standing is None:
            return
        here = self.members(self.here())
        below: set[str] = set()
        for node_id in here:
            below |= self.standing.plan.descendants(node_id)
        self._mark((*self.view.marks, *here, *(each for each in self.order() if each in below)))

    def action_unmark_all(self) -> None:
        """Take all marks away."""
        self._mark(())

    def drop_marks(self) -> None:
        """Forget the marks of jobs that are no longer in the pipeline, and say so."""
        if self.standing is None:
            return
        kept = tuple(mark for mark in self.view.marks if mark in self.standing.plan.nodes)
        if gone := len(self.view.marks) - len(kept):
            self._mark(kept)
            verb = "is" if gone == 1 else "are"
            self.say(f"{plural(gone, 'marked job')} {verb} no longer in the pipeline, nor marked")

    def action_logs(self) -> None:
        """Show the logs of the marked jobs as one, else that of the job under the cursor."""
        if self.standing is None:
            return
        wanted = self.view.marks or tuple(self.members(self.here()))
        nodes = [self.standing.plan.nodes[node_id] for node_id in wanted]
        runs = [node.run for node in nodes if node.run]
        if not runs:
            self.say(NO_RUN)
        elif self.view.marks or len(runs) > 1:
            known = self.standing.jobs
            self.post_message(OpenLogs(runs, [known[run] for run in runs if run in known]))
        else:
            self.post_message(OpenLog(runs[0]))

    def marked_jobs(self) -> Sequence[Job]:
        """Return the runs of the marked nodes, as far as they are known."""
        if self.standing is None:
            return ()
        return [job for mark in self.view.marks if (job := self.standing.job(mark))]

    def _mark(self, node_ids: Iterable[str]) -> None:
        self.change(marks=tuple(dict.fromkeys(node_ids)))
