"""New jobs of a list: the way to their form."""

from textual.binding import Binding

from studio_tui.tui.jobs.actions import READ_ONLY, JobActions
from studio_tui.tui.messages import OpenForm

NEW_JOB_BINDING = Binding(
    "n", "new_job", "new job", id="jobs.new", tooltip="Fill in the form of a new job"
)


class NewJobs(JobActions):
    """Mixin of a list of jobs, to which new ones come."""

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
