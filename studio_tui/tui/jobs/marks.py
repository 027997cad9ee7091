"""What can be done with the marked jobs of a list."""

from textual.binding import Binding

from studio_tui.tui.frame.row_marks import RowMarks, mark_bindings
from studio_tui.tui.jobs.actions import JobActions
from studio_tui.tui.messages import EditJobs, OpenLogs

MARK_BINDINGS = (
    *mark_bindings("jobs", "job"),
    Binding(
        "L",
        "logs",
        "merged log",
        id="jobs.logs",
        tooltip="Show the logs of the marked jobs as one; without marks the job's log",
    ),
)


class JobMarks(RowMarks, JobActions):
    """Mixin of a screen with a table of jobs, which can be marked."""

    noun = "job"

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
            from studio_tui.tui.jobs.bulk_rerun import repeat_all  # noqa: PLC0415 (used by few)

            await repeat_all(self.app, self.session, jobs, resume=resume)
        return bool(jobs)

    def action_edit(self) -> None:
        """Show one form of the marked jobs, else that of the job under the cursor."""
        if self.view.marks and not self.read_only:
            self.post_message(EditJobs(self.view.marks))
        else:
            super().action_edit()
