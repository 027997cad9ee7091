"""Marks on jobs of a list: set and taken away by keys, kept by id however the list changes."""

from collections.abc import Container, Iterable

from textual.binding import Binding

from studio_tui.presentation.format import plural
from studio_tui.tui.job_actions import JobActions
from studio_tui.tui.memory import JobsView
from studio_tui.tui.messages import OpenLogs
from studio_tui.tui.widgets.big_table import BigTable

MARK_BINDINGS = (
    Binding("space", "mark", "mark", id="jobs.mark", tooltip="Mark the job, or take its mark away"),
    Binding(
        "v",
        "mark_range",
        "mark up to here",
        show=False,
        id="jobs.mark_range",
        tooltip="Mark all from the last mark to here",
    ),
    Binding(
        "a",
        "mark_all",
        "mark all shown",
        show=False,
        id="jobs.mark_all",
        tooltip="Mark all that pass the filter",
    ),
    Binding(
        "L",
        "logs",
        "merged log",
        id="jobs.logs",
        tooltip="Show the logs of the marked jobs as one; without marks the job's log",
    ),
    Binding(
        "u", "unmark_all", "unmark all", show=False, id="jobs.unmark", tooltip="Take all marks away"
    ),
)


class JobMarks(JobActions):
    """Mixin of a screen with a table of jobs, which can be marked."""

    table: BigTable
    view: JobsView
    _last_mark: str | None = None
    """The job marked last, from which a range reaches."""

    def marks_changed(self) -> None:
        """Say how many marks there are now."""
        raise NotImplementedError  # the screen does

    def action_logs(self) -> None:
        """Show the logs of the marked jobs as one, else that of the job under the cursor."""
        if self.view.marks:
            self.post_message(OpenLogs(self.view.marks))
        else:
            self.action_log()

    async def repeat_marked(self, *, resume: bool) -> bool:
        """Run the marked jobs again; return whether there are any."""
        known = self.session.jobs.snapshot.value
        jobs = [job for job in known.jobs if job.id in self.table.marked] if known else []
        if jobs:
            from studio_tui.tui.marked_repeats import repeat_all  # noqa: PLC0415 (used by few)

            await repeat_all(self.app, self.session, jobs, resume=resume)
        return bool(jobs)

    def action_mark(self) -> None:
        """Mark the job under the cursor, or take its mark away, and go on to the next."""
        job_id = self.table.cursor
        if job_id is None:
            return
        if job_id in self.table.marked:
            self._mark(known for known in self.view.marks if known != job_id)
        else:
            self._mark((*self.view.marks, job_id))
            self._last_mark = job_id
        self.table.action_cursor_down()

    def action_mark_range(self) -> None:
        """Mark all from the job marked last to the one under the cursor, or the latter alone."""
        keys, job_id = self.table.keys, self.table.cursor
        if job_id is None:
            return
        here = keys.index(job_id)
        last = self._last_mark
        since = keys.index(last) if last in self.table.marked and last in keys else here
        self._mark((*self.view.marks, *keys[min(here, since) : max(here, since) + 1]))
        self._last_mark = job_id

    def action_mark_all(self) -> None:
        """Mark all that pass the filter, beside those that are marked."""
        self._mark((*self.view.marks, *self.table.keys))

    def action_unmark_all(self) -> None:
        """Take all marks away."""
        self._mark(())

    def show_marks(self) -> None:
        """Show the marks that are remembered."""
        self.table.marked = frozenset(self.view.marks)

    def drop_marks(self, known: Container[str]) -> None:
        """Forget the marks of jobs that are not `known`, and say so."""
        kept = tuple(job_id for job_id in self.view.marks if job_id in known)
        gone = len(self.view.marks) - len(kept)
        if gone:
            self._mark(kept)
            jobs = plural(gone, "marked job")
            verb = "is" if gone == 1 else "are"
            self.app.notify(f"{jobs} {verb} no longer in the list, nor marked", markup=False)

    def _mark(self, job_ids: Iterable[str]) -> None:
        self.view = self.view.replace(marks=tuple(dict.fromkeys(job_ids)))
        self.show_marks()
        self.marks_changed()
