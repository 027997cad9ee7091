"""How a job's state looks: a glyph, a word and a tone, always together."""

from collections.abc import Container, Iterable
from typing import NamedTuple, Protocol

from studio_tui.api.models import FINISHED_STATES, Job, JobState
from studio_tui.presentation.cells import Cell, Tone


class Look(NamedTuple):
    """How one state looks."""

    glyph: str
    tone: Tone
    rank: int
    """Order when sorted by state: what wants attention first."""


LOOKS: dict[JobState, Look] = {
    JobState.FAILED: Look("✗", Tone.BAD, 0),
    JobState.RUNNING: Look("●", Tone.ACTIVE, 1),
    JobState.CANCELING: Look("⊗", Tone.WARN, 2),
    JobState.CANCELING_SCHEDULED: Look("⊗", Tone.WARN, 2),
    JobState.INIT: Look("◐", Tone.ACTIVE, 3),
    JobState.PROVISIONING: Look("◐", Tone.ACTIVE, 3),
    JobState.QUEUED: Look("◌", Tone.WAITING, 4),
    JobState.SCHEDULED: Look("◌", Tone.WAITING, 5),
    JobState.CREATED: Look("◌", Tone.WAITING, 5),
    JobState.PENDING: Look("·", Tone.WAITING, 6),
    JobState.TASK: Look("◷", Tone.WAITING, 7),
    JobState.UNKNOWN: Look("?", Tone.WARN, 8),
    JobState.CANCELED: Look("⊗", Tone.DIM, 9),
    JobState.COMPLETE: Look("✓", Tone.GOOD, 10),
}

_SHORTER = {"CANCELING_SCHEDULED": "CANCELING", "PROVISIONING": "PROVISION"}


class HasState(Protocol):
    """A job, or what stands for one in a pipeline."""

    @property
    def state(self) -> JobState:
        """The status as a known word, else UNKNOWN."""

    @property
    def status(self) -> str | None:
        """The word that Studio sent."""


def state_cell(job: HasState) -> Cell:
    """Return glyph and word of a job's state; a word of a newer server is shown as it came."""
    look = LOOKS[job.state]
    word = job.status or "UNKNOWN"
    return Cell(f"{look.glyph} {_SHORTER.get(word, word)}", look.tone)


class Count(NamedTuple):
    """How many jobs are in one group of states."""

    glyph: str
    number: int
    name: str
    tone: Tone
    is_least: bool = False
    """Whether there may be more: ended jobs beyond those that are known."""

    @property
    def amount(self) -> str:
        """The number of those that are known, with a plus where there may be more.

        None is none: that not all jobs are known is said where they are counted together.
        """
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
    jobs: Iterable[Job], *, has_all: bool = True, held: Container[str] = ()
) -> tuple[Count, ...]:
    """Return how many jobs are done, running, waiting, failed, canceled and unknown.

    All jobs under way are known; without `has_all` older ones that have ended may be missing.
    Groups without a job are left out, except done, running and failed, whose zero is news too.
    Schedules (TASK) are no jobs under way and are not counted. Jobs that wait for a pipeline which
    is paused or has ended, whose ids are in `held`, are counted by themselves.
    """
    numbers = [0] * len(_GROUPS)
    held_back = 0
    for job in jobs:
        if job.state is JobState.PENDING and job.id in held:
            held_back += 1
        elif (group := _GROUP_OF.get(job.state)) is not None:
            numbers[group] += 1
    others = (Count("⊘", held_back, "held", Tone.WARN),) if held_back else ()
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
        *others,
    )
