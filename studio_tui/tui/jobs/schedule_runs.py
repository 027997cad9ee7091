"""Showing what schedules, which are jobs in the state TASK, have created."""

from collections.abc import Sequence

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.filters import by_id
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.messages import FilterList


def show_runs(host: Host, tasks: Sequence[Job]) -> None:
    """Show the jobs that schedules created; if all trigger pipelines, the pipelines."""
    of_jobs = [task.id for task in tasks if not (task.schedule and task.schedule.datasets)]
    tab = "jobs" if of_jobs else "pipelines"
    ids = of_jobs or [task.id for task in tasks]
    host.post_message(FilterList(by_id("task", *ids), tab))


def log_label(job: Job | None) -> str:
    """Return the current label of the key for a job's log, which a schedule does not have."""
    return "runs" if job is not None and job.state is JobState.TASK else "log"
