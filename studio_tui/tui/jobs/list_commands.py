"""The commands of the list of jobs."""

from collections.abc import Callable, Set
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.tui.frame.commands import Command, Host, why_read_only
from studio_tui.tui.frame.row_marks import RowMarks
from studio_tui.tui.jobs.controller import JobController, show_runs
from studio_tui.tui.jobs.job_groups import JobGroups
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.messages import OpenForm, OpenLogs


class JobListController(JobController):
    """Controller of a screen with a list of jobs.

    Without marks, the jobs of the group under the cursor count as marked.
    """

    def __init__(
        self,
        host: Host,
        at_hand: Callable[[], Job | None],
        marked: MarkedJobs,
        groups: JobGroups,
        marks: RowMarks,
    ) -> None:
        super().__init__(host, at_hand, marked=marked)
        self._groups = groups
        self._marks = marks

    def why_no_logs(self) -> str | None:
        return None if self.marked.count() else self.why_no_id()

    def open_logs(self) -> None:
        """Show the merged log of the marked jobs or of the group, else the log of the current job.

        Schedules have no log and are left out. If there are only schedules, show their runs.
        """
        marked = self.marked.available_jobs()
        if jobs := [job for job in marked if job.state is not JobState.TASK]:
            self._host.post_message(OpenLogs(tuple(job.id for job in jobs)))
        elif marked:
            show_runs(self._host, marked)
        else:
            self.open_log()

    def why_none_ended(self) -> str | None:
        return None if self._ended() else "No marked job has ended"

    def unmark_ended(self) -> None:
        self._marks.unmark_all_of(self._ended())

    def _ended(self) -> Set[str]:
        ended = {job.id for job in self.marked.available_jobs() if job.state.is_finished}
        return ended.intersection(self._marks.marked_ids)

    def why_no_form(self) -> str | None:
        return why_read_only(self._host)

    def open_form(self) -> None:
        self._host.post_message(OpenForm())

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        *JobController.COMMANDS,
        Command(
            "jobs.logs",
            "L",
            "merged log",
            "Show the logs of the marked jobs, or of the group, as one; else the job's log",
            open_logs,
            why_no_logs,
            search_words="merge combine tail",
        ),
        Command(
            "jobs.new",
            "n",
            "new job",
            "Open the form for a new job",
            open_form,
            why_no_form,
            search_words="create submit",
        ),
        Command(
            "jobs.group",
            "b",
            "group",
            "Group jobs by pipeline, then by name, then not at all; enter unfolds a group",
            lambda self: self._groups.switch_grouping(),
        ),
        Command(
            "jobs.unmark_ended",
            "U",
            "unmark ended",
            "Remove the marks of jobs that have ended",
            unmark_ended,
            why_none_ended,
        ),
    )
