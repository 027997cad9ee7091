"""New jobs of a list: the way to their form, and the cursor that waits for one to be listed."""

from collections.abc import Container

from textual.binding import Binding

from studio_tui.tui.job_actions import READ_ONLY, JobActions
from studio_tui.tui.messages import OpenForm
from studio_tui.tui.widgets.big_table import BigTable

NEW_JOB_BINDING = Binding(
    "n", "new_job", "new job", id="jobs.new", tooltip="Fill in the form of a new job"
)


class NewJobs(JobActions):
    """Mixin of a screen with a table of jobs, to which new ones come."""

    table: BigTable
    _awaited: str | None = None
    """A new job that gets the cursor as soon as it is listed."""

    def action_new_job(self) -> None:
        """Show the form of a new job."""
        if self.read_only:
            self._say(READ_ONLY, "warning")
        else:
            self.post_message(OpenForm())

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now."""
        if action == "new_job":
            return READ_ONLY if self.read_only else None
        return super().why_not(action)

    def await_job(self, job_id: str) -> None:
        """Put the cursor on a job as soon as it is listed."""
        self._awaited = job_id
        self.look_for_new(self.table.keys)

    def look_for_new(self, listed: Container[str]) -> None:
        """Put the cursor on the job that is waited for, if it is listed by now."""
        if self._awaited is not None and self._awaited in listed:
            self.table.move_to(self._awaited)
            self._awaited = None
