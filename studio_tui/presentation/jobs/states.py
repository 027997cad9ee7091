"""Glyph, name and tone of job states, and the number of jobs in each state."""

from collections.abc import Collection, Container, Mapping, Sequence
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import (
    CANCELED_STATES,
    CANCELING_STATES,
    NOT_YET_QUEUED_STATES,
    QUEUED_STATES,
    STARTED_STATES,
    JobState,
    PipelineState,
)
from studio_tui.presentation.cells import Cell, Tone


class StateLook(NamedTuple):
    """Appearance of a state."""

    glyph: str
    tone: Tone
    rank: int
    """Position when sorted by urgency: 0 is the most urgent."""


LOOKS: dict[JobState, StateLook] = {
    JobState.FAILED: StateLook("✗", Tone.BAD, 0),
    JobState.RUNNING: StateLook("●", Tone.ACTIVE, 1),
    JobState.CANCELING: StateLook("◆", Tone.WARN, 2),
    JobState.CANCELING_SCHEDULED: StateLook("◆", Tone.WARN, 2),
    JobState.INIT: StateLook("◐", Tone.ACTIVE, 3),
    JobState.PROVISIONING: StateLook("◐", Tone.ACTIVE, 3),
    JobState.QUEUED: StateLook("◌", Tone.WAITING, 4),
    JobState.SCHEDULED: StateLook("◌", Tone.WAITING, 5),
    JobState.CREATED: StateLook("·", Tone.WAITING, 6),
    JobState.PENDING: StateLook("·", Tone.WAITING, 6),
    JobState.TASK: StateLook("◷", Tone.WAITING, 7),
    JobState.UNKNOWN: StateLook("?", Tone.WARN, 8),
    JobState.CANCELED: StateLook("◇", Tone.DIM, 9),
    JobState.DID_NOT_RUN: StateLook("◇", Tone.DIM, 9),
    JobState.COMPLETE: StateLook("✓", Tone.GOOD, 10),
}

BLOCKED = StateLook("⊘", Tone.WARN, LOOKS[JobState.PENDING].rank + 1)
"""Appearance of a job that will not start, as a job that it depends on failed or was canceled.

Studio has no such state.
"""

_SHORTER = {"CANCELING_SCHEDULED": "CANCELING", "PROVISIONING": "PROVISION"}


EQUIVALENT_STATES = {
    PipelineState.PENDING: JobState.PENDING,
    PipelineState.PAUSED: JobState.PENDING,
    PipelineState.RUNNING: JobState.RUNNING,
    PipelineState.COMPLETED: JobState.COMPLETE,
    PipelineState.FAILED: JobState.FAILED,
    PipelineState.CANCELED: JobState.CANCELED,
    PipelineState.UNKNOWN: JobState.UNKNOWN,
}
"""The equivalent state of a job for each state of a pipeline."""


def state_cell(state: JobState, status: str | None, *, is_blocked: bool = False) -> Cell:
    """Return glyph and name of a job's state; `status` is Studio's word for it, in upper case.

    A job that `is_blocked` will not be queued, as a job that it depends on did not complete.
    """
    if is_blocked and state in NOT_YET_QUEUED_STATES:
        return Cell(f"{BLOCKED.glyph} BLOCKED", BLOCKED.tone)
    look, word = LOOKS[state], status or "UNKNOWN"
    return Cell(f"{look.glyph} {_SHORTER.get(word, word)}", look.tone)


class Count(NamedTuple):
    """Number of jobs in one group of states."""

    glyph: str
    number: int
    name: str
    tone: Tone
    may_be_more: bool = False
    """Whether there may be more jobs: older ended ones that are not loaded."""

    @property
    def number_text(self) -> str:
        """The number, with a plus if there may be more."""
        return f"{self.number}{'+' if self.may_be_more else ''}"


STATE_GROUPS: tuple[tuple[str, StateLook, frozenset[JobState]], ...] = (
    ("done", LOOKS[JobState.COMPLETE], frozenset({JobState.COMPLETE})),
    ("running", LOOKS[JobState.RUNNING], STARTED_STATES),
    ("queued", LOOKS[JobState.QUEUED], QUEUED_STATES),
    ("failed", LOOKS[JobState.FAILED], frozenset({JobState.FAILED})),
    ("blocked", BLOCKED, frozenset()),
    ("waiting", LOOKS[JobState.PENDING], NOT_YET_QUEUED_STATES),
    ("canceling", LOOKS[JobState.CANCELING], CANCELING_STATES),
    ("canceled", LOOKS[JobState.CANCELED], CANCELED_STATES - CANCELING_STATES),
    ("unknown", LOOKS[JobState.UNKNOWN], frozenset({JobState.UNKNOWN})),
)
"""Name, appearance and states of each group, as in the counts of a pipeline's jobs."""
STATE_NAMES = tuple(name for name, _, _ in STATE_GROUPS)
"""Names of the groups of states, in the order of their counts."""
_GROUP_OF = {state: name for name, _, states in STATE_GROUPS for state in states}
_OF_ENDED_JOBS = frozenset({"done", "failed", "canceled"})


def counts(
    jobs: Mapping[str | None, Sequence[Job]],
    *,
    has_all: bool = True,
    blocked: Container[str] = (),
    newer_attempts: Collection[str] = (),
) -> tuple[Count, ...]:
    """Return the number of jobs in each group of states; schedules (TASK) are not counted.

    `jobs` are grouped by status (`by_status`). Empty groups are left out, except done, running and
    failed. `has_all` is whether `jobs` include all ended jobs; they always include all jobs that
    have not ended. Waiting jobs count as blocked if their ids are in `blocked`. Failed jobs whose
    ids are in `newer_attempts` are not counted.
    """
    numbers = dict.fromkeys(STATE_NAMES, 0)
    for status, jobs_with_it in jobs.items():
        group, number = _GROUP_OF.get(JobState.of(status)), len(jobs_with_it)
        if group == "waiting":
            blocked_here = sum(job.id in blocked for job in jobs_with_it)
            numbers["blocked"] += blocked_here
            number -= blocked_here
        elif group == "failed":
            number -= sum(job.id in newer_attempts for job in jobs_with_it)
        if group is not None:
            numbers[group] += number
    return tuple(
        Count(
            look.glyph,
            numbers[name],
            name,
            look.tone,
            may_be_more=not has_all and name in _OF_ENDED_JOBS,
        )
        for name, look, _ in STATE_GROUPS
        if numbers[name] or name in {"done", "running", "failed"}
    )


def printed_nothing(job: Job) -> str:
    """Return what is said of a job whose log is known to be empty."""
    printed = "printed nothing" if job.state.is_finished else "has printed nothing yet"
    return f"the job {printed}"
