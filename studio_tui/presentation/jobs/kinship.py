"""What is said of a job that resumes another, or was resumed: its short id and its state."""

from collections.abc import Mapping, Sequence

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.jobs.states import LOOKS


def kin_facts(
    facts: Sequence[Fact], origin: str | None, successors: Sequence[str], jobs: Mapping[str, Job]
) -> tuple[Fact, ...]:
    """Return the facts about a job, with what it resumes and what resumed it after its state.

    `jobs` are those that are known, by their ids.
    """
    kin = []
    if origin is not None:
        kin.append(Fact("resumes", _named(origin, jobs)))
    kin += [Fact("resumed by", _named(job_id, jobs)) for job_id in reversed(successors)]
    return (*facts[:1], *kin, *facts[1:])


def _named(job_id: str, jobs: Mapping[str, Job]) -> Cell:
    """Return `91bcd2e0… ✓`; without a sign for a job that is not known."""
    job = jobs.get(job_id)
    if job is None:
        return Cell(f"{job_id[:SHORT_ID]}…", Tone.DIM)
    look = LOOKS[job.state]
    return Cell(f"{job_id[:SHORT_ID]}… {look.glyph} {job.name or ''}".rstrip(), look.tone)
