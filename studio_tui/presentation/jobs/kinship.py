"""Facts about related runs of a job: those that continue each other, and other attempts."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.rows import SHORT_ID
from studio_tui.presentation.jobs.states import LOOKS


class Kin(Protocol):
    """Jobs related to one job, by id."""

    @property
    def origin(self) -> str | None:
        """The job whose checkpoints it continues from."""

    @property
    def successors(self) -> Sequence[str]:
        """Jobs that continued from its checkpoints, latest last."""

    @property
    def before(self) -> Sequence[str]:
        """Earlier runs of the same job of a pipeline, latest last."""

    @property
    def after(self) -> Sequence[str]:
        """Later runs of the same job of a pipeline, latest last."""

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Those of the related jobs that are loaded."""


def kin_facts(facts: Sequence[Fact], kin: Kin) -> tuple[Fact, ...]:
    """Return the facts about a job, with related jobs inserted after its state."""
    related: list[Fact] = []
    if kin.before or kin.after:
        number, later = len(kin.before) + 1, len(kin.after)
        related.append(Fact("attempt", Cell(f"{number} of {number + later} in its pipeline")))
    if kin.origin is not None:
        related.append(Fact("continues", _job_cell(kin.origin, kin.jobs)))
    for label, words, ids, listed_already in (
        ("previous", "", kin.before, (kin.origin,)),
        ("continued", "by ", kin.successors, ()),
        ("next", "", kin.after, kin.successors),
    ):
        related += [
            Fact(label, _job_cell(each, kin.jobs, words))
            for each in reversed(ids)
            if each not in listed_already
        ]
    return (*facts[:1], *related, *facts[1:])


def _job_cell(job_id: str, jobs: Mapping[str, Job], words: str = "") -> Cell:
    """Format a job as `91bcd2e0… ✓ name` after `words`; only the id if it is not loaded."""
    job = jobs.get(job_id)
    if job is None:
        return Cell(f"{words}{job_id[:SHORT_ID]}…", Tone.DIM)
    look = LOOKS[job.state]
    return Cell(f"{words}{job_id[:SHORT_ID]}… {look.glyph} {job.name or ''}".rstrip(), look.tone)
