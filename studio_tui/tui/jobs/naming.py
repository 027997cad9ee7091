"""The names of jobs in questions and reports."""

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.causes import cause
from studio_tui.presentation.jobs.rows import SHORT_ID


def title(job: Job) -> str:
    """Return the name of a job in a sentence: name and short id."""
    return f"{job.name or 'a job without a name'} ({job.id[:SHORT_ID]})"


def describe(job: Job) -> tuple[str, ...]:
    """Return lines that identify a job, with its id, as names can look alike."""
    return (
        f"  name    {job.name or '–'}",
        f"  id      {job.id}",
        f"  status  {(job.status or 'UNKNOWN').lower()}",
        f"  by      {job.created_by or '–'}",
        *((f"  error   {cause(job.error_message)}",) if job.error_message else ()),
    )
