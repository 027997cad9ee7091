"""Glyph, name and tone of job states, always shown together."""

from collections import Counter
from collections.abc import Container, Iterable
from operator import attrgetter
from typing import NamedTuple, Protocol

from studio_tui.api.models import FINISHED_STATES, Job, JobState
from studio_tui.presentation.cells import Cell, Tone


class StateLook(NamedTuple):
    """Appearance of a state."""

    glyph: str
    tone: Tone
    rank: int
    """Sort order by state: most urgent first."""


LOOKS: dict[JobState, StateLook] = {
    JobState.FAILED: StateLook("✗", Tone.BAD, 0),
    JobState.RUNNING: StateLook("●", Tone.ACTIVE, 1),
    JobState.CANCELING: StateLook("⊗", Tone.WARN, 2),
    JobState.CANCELING_SCHEDULED: StateLook("⊗", Tone.WARN, 2),
    JobState.INIT: StateLook("◐", Tone.ACTIVE, 3),
    JobState.PROVISIONING: StateLook("◐", Tone.ACTIVE, 3),
    JobState.QUEUED: StateLook("◌", Tone.WAITING, 4),
    JobState.SCHEDULED: StateLook("◌", Tone.WAITING, 5),
    JobState.CREATED: StateLook("◌", Tone.WAITING, 5),
    JobState.PENDING: StateLook("·", Tone.WAITING, 6),
    JobState.TASK: StateLook("◷", Tone.WAITING, 7),
    JobState.UNKNOWN: StateLook("?", Tone.WARN, 8),
    JobState.CANCELED: StateLook("⊗", Tone.DIM, 9),
    JobState.COMPLETE: StateLook("✓", Tone.GOOD, 10),
}

BLOCKED = StateLook("⊘", Tone.WARN, LOOKS[JobState.PENDING].rank + 1)
"""Appearance of a job that will not start, as one that it depends on failed or was canceled.

Studio has no such state.
"""

_SHORTER = {"CANCELING_SCHEDULED": "CANCELING", "PROVISIONING": "PROVISION"}


class HasState(Protocol):
    """A job, or a node of a pipeline."""

    @property
    def state(self) -> JobState:
        """The status as an enum value; UNKNOWN if it is not a known one."""

    @property
    def status(self) -> str | None:
        """The status as sent by Studio."""


def state_cell(job: HasState, *, is_blocked: bool = False) -> Cell:
    """Return glyph and name of a job's state; an unknown status is shown unchanged."""
    look = BLOCKED if is_blocked and job.state is JobState.PENDING else LOOKS[job.state]
    word = job.status or "UNKNOWN"
    return Cell(f"{look.glyph} {_SHORTER.get(word, word)}", look.tone)


class Count(NamedTuple):
    """Number of jobs in one group of states."""

    glyph: str
    number: int
    name: str
    tone: Tone
    is_least: bool = False
    """Whether there may be more: older ended jobs that are not loaded."""

    @property
    def amount(self) -> str:
        """The number, with a plus if there may be more; zero never has a plus."""
        return f"{self.number}+" if self.is_least and self.number else str(self.number)


_GROUPS: tuple[tuple[str, JobState, frozenset[JobState]], ...] = (
    ("done", JobState.COMPLETE, frozenset({JobState.COMPLETE})),
    ("running", JobState.RUNNING, frozenset({JobState.RUNNING})),
    (
        "waiting",
        JobState.QUEUED,
        frozenset(JobState)
        - FINISHED_STATES
        - {JobState.RUNNING, JobState.UNKNOWN, JobState.CANCELING, JobState.CANCELING_SCHEDULED},
    ),
    ("failed", JobState.FAILED, frozenset({JobState.FAILED})),
    (
        "canceled",
        JobState.CANCELED,
        frozenset({JobState.CANCELED, JobState.CANCELING, JobState.CANCELING_SCHEDULED}),
    ),
    ("unknown", JobState.UNKNOWN, frozenset({JobState.UNKNOWN})),
)
_GROUP_OF = {state: index for index, (_, _, states) in enumerate(_GROUPS) for state in states}


def counts(
    jobs: Iterable[Job],
    *,
    has_all: bool = True,
    held: Container[str] = (),
    blocked: Container[str] = (),
) -> tuple[Count, ...]:
    """Return the number of jobs that are done, running, waiting, failed, canceled and unknown.

    All unfinished jobs are loaded; unless `has_all`, older ended ones may be missing. Empty groups
    are omitted, except done, running and failed. Schedules (TASK) are not counted. PENDING jobs
    are counted separately if their ids are in `blocked`, or in `held` because their pipeline is
    paused or has ended.
    """
    jobs = tuple(jobs)
    numbers = [0] * len(_GROUPS)
    # By status, as there may be thousands of jobs and they are counted after each poll.
    by_status = Counter(map(attrgetter("status"), jobs))
    for status, number in by_status.items():
        if (group := _GROUP_OF.get(JobState.of(status))) is not None:
            numbers[group] += number
    held_back = will_not = 0
    if by_status[JobState.PENDING]:
        waiting = [job.id for job in jobs if job.status == JobState.PENDING]
        will_not = sum(job_id in blocked for job_id in waiting)
        held_back = sum(job_id in held and job_id not in blocked for job_id in waiting)
        numbers[_GROUP_OF[JobState.PENDING]] -= will_not + held_back
    pending = LOOKS[JobState.PENDING]
    others = (
        Count(BLOCKED.glyph, will_not, "blocked", BLOCKED.tone),
        Count(pending.glyph, held_back, "held", pending.tone),
    )
    return (
        *(
            Count(
                LOOKS[shown].glyph,
                number,
                name,
                LOOKS[shown].tone,
                is_least=not has_all and shown in FINISHED_STATES,
            )
            for (name, shown, _), number in zip(_GROUPS, numbers, strict=True)
            if number or name in {"done", "running", "failed"}
        ),
        *(count for count in others if count.number),
    )
