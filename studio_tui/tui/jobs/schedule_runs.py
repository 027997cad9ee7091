"""Showing the runs of schedules; a schedule is a job in the state TASK."""

from collections.abc import Sequence

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.filters import id_filter
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.messages import FilterList


def show_runs(host: Host, tasks: Sequence[Job]) -> None:
    """Show the jobs that schedules created; if all schedules trigger pipelines, show those."""
    job_schedules = [task.id for task in tasks if not (task.schedule and task.schedule.datasets)]
    tab = "jobs" if job_schedules else "pipelines"
    ids = job_schedules or [task.id for task in tasks]
    host.post_message(FilterList(id_filter("task", *ids), tab))


def log_label(job: Job | None) -> str:
    """Return the label of the key that shows a job's log; it shows the runs of a schedule."""
    return "runs" if job is not None and job.state is JobState.TASK else "log"
