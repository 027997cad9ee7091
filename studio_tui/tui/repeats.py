"""Jobs that are to be made again: what Studio tells of them, and what this dashboard submitted."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from studio_tui.api.models import Job, JobInput, JobSchedule
from studio_tui.presentation.format import size
from studio_tui.presentation.repeat_notes import FILES, repeat_lines, untold
from studio_tui.service.commands import repeat_of
from studio_tui.service.session import StudioSession
from studio_tui.service.submitted import SentFile, Submitted
from studio_tui.text import safe_line


@dataclass(frozen=True)
class Repeat:
    """A job, and what makes it again."""

    job: Job
    wish: JobInput
    submitted: Submitted | None
    """What it was submitted with, if that was done here."""

    @classmethod
    async def of(cls, job: Job, session: StudioSession) -> "Repeat":
        """Find out how a job is made again.

        Raises:
            InvalidRequest: it cannot be repeated from what is known of it.
        """
        submitted = (await submitted_of((job,), session)).get(job.id)
        return cls(job, repeat_of(job, session.team, submitted), submitted)

    @property
    def lines(self) -> tuple[str, ...]:
        """What a dialog says of it, safe to draw."""
        known = None if self.submitted is None else known_parts(self.job, self.submitted)
        return repeat_lines(self.job, known)


async def submitted_of(jobs: Iterable[Job], session: StudioSession) -> dict[str, Submitted]:
    """Return by id what jobs were submitted with; a schedule's run, what the schedule was."""
    return await asyncio.to_thread(session.ledger.of_jobs, tuple(jobs))


def known_parts(job: Job, submitted: Submitted) -> dict[str, str]:
    """Return the names of what Studio does not tell of a job, with safe values, if they had any."""
    names, number = names_of(submitted.files), submitted.compute_cluster_id
    values = {
        "priority": "" if submitted.priority is None else str(submitted.priority),
        FILES: ", ".join(names.get(file.id, file.id) for file in submitted.files),
        "credentials": submitted.credentials_name or "",
        "cluster": submitted.compute_cluster_name or ("" if number is None else f"id {number}"),
    }
    return {name: safe_line(values[name]) for name in untold(job) if values[name]}


def names_of(files: Iterable[SentFile]) -> dict[str, str]:
    """Return by id what uploads are called, safe to draw: `notes.txt (12 B)`."""
    return {
        file.id: file.label if file.size is None else f"{file.label} ({size(file.size)})"
        for file in files
        if file.label is not None
    }


def with_schedule(task: Job, submitted: Submitted | None) -> Job:
    """Return a schedule with its times from what was submitted here, if Studio does not tell."""
    if task.schedule is not None or submitted is None:
        return task
    if submitted.cron_expression is None and submitted.start_after is None:
        return task
    schedule = JobSchedule(
        cron_expression=submitted.cron_expression,
        start_after=submitted.start_after,
        time_zone=submitted.time_zone,
    )
    return task.model_copy(update={"schedule": schedule})
