"""Rerunning jobs: combines Studio's data with the history of what was submitted from here."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from studio_tui.api.models import Job, JobInput, JobSchedule
from studio_tui.errors import InvalidRequest
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.diff import changed_values, query_changes, setting_changes
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import label, recorded_fields
from studio_tui.presentation.form.repeat_notes import FILES, repeat_lines, settings_not_returned
from studio_tui.presentation.format import size
from studio_tui.service.commands.jobs import repeat_of
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.session import StudioSession
from studio_tui.text import safe_line
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.jobs.naming import title


@dataclass(frozen=True)
class Repeat:
    """A job, and the request that creates it again."""

    job: Job
    request: JobInput
    submitted: Submitted | None
    """The job's submission, as returned by `submitted_of`; `None` if there is none."""

    @classmethod
    async def of_all(cls, jobs: Sequence[Job], session: StudioSession) -> "list[Repeat]":
        """Make the requests from all that is known of jobs.

        Raises:
            InvalidRequest: too little is known to create one of them again.
        """
        submissions = await submitted_of(jobs, session)
        repeats = []
        for job in jobs:
            submitted = submissions.get(job.id)
            try:
                request = repeat_of(job, session.team, submitted)
            except InvalidRequest as error:
                whose = f"{title(job)}: " if len(jobs) > 1 else ""
                raise InvalidRequest(error.status, f"{whose}{error}") from error
            repeats.append(cls(job, request, submitted))
        return repeats

    def lines(self, changed: Collection[str] = ()) -> tuple[str, ...]:
        """Return which settings are known and which are not, except those of `changed` fields."""
        settings = None if self.submitted is None else submitted_settings(self.job, self.submitted)
        return repeat_lines(self.job, settings, changed)


async def prepared_repeat(host: Host, job: Job) -> Repeat | None:
    """Return how to create a job again; if impossible, notify the user and return `None`."""
    try:
        (repeat,) = await Repeat.of_all((job,), host.session)
    except InvalidRequest as error:
        host.notify_user(str(error), "error")
        return None
    return repeat


async def submitted_of(jobs: Iterable[Job], session: StudioSession) -> dict[str, Submitted]:
    """Return the submissions of jobs, by job id; jobs without a submission are left out.

    A job without its own submission gets that of the schedule or job from which Studio created it,
    without the times of a schedule.
    """
    pipelines = session.pipelines.snapshot.value
    originals = pipelines.originals() if pipelines is not None else {}
    return await asyncio.to_thread(
        session.records.history.own_or_inherited_submissions, tuple(jobs), originals
    )


def submitted_settings(job: Job, submitted: Submitted) -> dict[str, str]:
    """Return the submitted settings that Studio does not return for a job; safe to draw.

    The keys are the names of the settings; settings that were not submitted are left out.
    """
    names, cluster_id = names_of(submitted.files), submitted.compute_cluster_id
    cluster_words = "" if cluster_id is None else f"id {cluster_id}"
    values = {
        label("priority"): "" if submitted.priority is None else str(submitted.priority),
        FILES: ", ".join(names.get(file.id, file.id) for file in submitted.files),
        label("credentials_name"): submitted.credentials_name or "",
        label("compute_cluster_name"): submitted.compute_cluster_name or cluster_words,
    }
    for name, field in recorded_fields().items():
        value = getattr(submitted, field.sent_as or name, None)
        values[field.label] = "" if value is None else str(value)
    return {name: safe_line(values[name]) for name in settings_not_returned(job) if values[name]}


def names_of(files: Iterable[SentFile]) -> dict[str, str]:
    """Return texts such as `notes.txt (12 B)` by the ids of uploads, safe to draw."""
    return {
        file.id: file.label if file.size is None else f"{file.label} ({size(file.size)})"
        for file in files
        if file.label is not None
    }


NOTHING_CHANGED = Cell("Nothing is changed.", Tone.DIM)
"""The first of the lines that `changes` returns if no setting and no line of the query differs."""


def changes(
    repeat: Repeat, before: Draft, after: Draft
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Return lines on the differences from the original job, then on settings kept or lost.

    They are returned twice: with masked secrets, then with the secrets. Slow: call in a thread.
    """
    submitted = repeat.submitted
    query = tuple(query_changes(before.query, after.query))
    files = names_of(submitted.files) if submitted is not None else {}
    settings, revealed_settings = (
        tuple(setting_changes(before, after, files, with_secrets=with_secrets))
        for with_secrets in (False, True)
    )
    same = () if query or settings else (NOTHING_CHANGED,)
    tone = Tone.WARN if submitted is None else Tone.PLAIN
    others = [Cell(line, tone) for line in repeat.lines(changed_values(before, after))]
    gap = (Cell(""),) if query and others else ()
    after_settings = (*query, *gap, *others)
    return (*same, *settings, *after_settings), (*same, *revealed_settings, *after_settings)


def with_schedule(task: Job, submitted: Submitted | None) -> Job:
    """Return a schedule; if Studio returns no times for it, with the times submitted from here."""
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
