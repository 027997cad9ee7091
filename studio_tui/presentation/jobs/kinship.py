"""Facts about the jobs related to a job: its origin, jobs that continue it, and other attempts."""

from collections.abc import Mapping, Sequence

from studio_tui.api.models import Job
from studio_tui.api.related_jobs import RelatedJobs
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import SHORT_ID
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.states import LOOKS


def with_related_jobs(facts: Sequence[Fact], kin: RelatedJobs) -> tuple[Fact, ...]:
    """Return the facts about a job, with its related jobs after the first fact, its status."""
    related: list[Fact] = []
    if kin.earlier_runs or kin.later_runs:
        number = len(kin.earlier_runs) + 1
        total = number + len(kin.later_runs)
        related.append(Fact("attempt", Cell(f"{number} of {total} in its pipeline")))
    if kin.origin is not None:
        related.append(Fact("continues", job_cell(kin.origin, kin.jobs)))
    if kin.repeat_of is not None:
        related.append(Fact("repeats", job_cell(kin.repeat_of, kin.jobs)))
    if (newer := kin.newer_attempt) is not None:
        label, prefix = ("fixed", "by ") if newer.is_fix else ("newer", "attempt ")
        related.append(Fact(label, job_cell(newer.job_id, kin.jobs, prefix)))
    newer_ids = (newer.job_id,) if newer is not None else ()
    for label, prefix, ids, listed_already in (
        ("previous", "", kin.earlier_runs, (kin.origin, kin.repeat_of)),
        ("continued", "by ", kin.continued_by, newer_ids),
        ("next", "", kin.later_runs, (*kin.continued_by, *newer_ids)),
    ):
        related += [
            Fact(label, job_cell(job_id, kin.jobs, prefix))
            for job_id in reversed(ids)
            if job_id not in listed_already
        ]
    return (*facts[:1], *related, *facts[1:])


def job_cell(job_id: str, jobs: Mapping[str, Job], prefix: str = "") -> Cell:
    """Format a job as `91bcd2e0… ✓ name` after `prefix`."""
    job = jobs.get(job_id)
    if job is None:
        return Cell(f"{prefix}{job_id[:SHORT_ID]}…", Tone.DIM)
    look = LOOKS[job.state]
    return Cell(f"{prefix}{job_id[:SHORT_ID]}… {look.glyph} {job.name or ''}".rstrip(), look.tone)
