"""What a question about many jobs says: how many, in which states, and what will not happen."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from studio_tui.api.ids import can_be_used
from studio_tui.api.models import CANCELING_STATES, Job, JobState
from studio_tui.presentation.jobs.states import LOOKS


@dataclass(frozen=True)
class Chosen:
    """The marked jobs, parted by whether a command can be about them."""

    jobs: tuple[Job, ...]
    """Those that it will be about."""
    left_out: tuple[str, ...]
    """Why it is not about the others, each reason with its count: `2 have ended`."""

    @property
    def reasons(self) -> str:
        """The reasons in one sentence, without its full stop."""
        return ", ".join(self.left_out)


def to_cancel(jobs: Iterable[Job], *, not_begun: int = 0) -> Chosen:
    """Part jobs by whether they can be cancelled; `not_begun` of what is marked have no job yet."""
    return _parted(jobs, why_not_cancel, not_begun)


def to_repeat(jobs: Iterable[Job], *, not_begun: int = 0) -> Chosen:
    """Part jobs by whether they can be run again."""
    return _parted(jobs, why_not_repeat, not_begun)


def why_not_cancel(job: Job) -> str | None:
    """Return why a job of many cannot be cancelled, without its subject: `has ended`."""
    if not can_be_used(job.id):
        return "has no usable id"
    if job.state in CANCELING_STATES:
        return "is being cancelled already"
    return None if job.state.is_cancelable else "has ended"


def why_not_repeat(job: Job) -> str | None:
    """Return why a job of many cannot be run again, without its subject."""
    if not can_be_used(job.id):
        return "has no usable id"
    return "has no query that Studio sent" if job.query is None else None


def summary(chosen: Chosen, what: str) -> tuple[str, ...]:
    """Return the lines with which a question begins: the counts, then the states.

    `what` is what will happen to the chosen ones, such as `will be cancelled`.
    """
    states = by_state(chosen.jobs)
    happens = f"{len(chosen.jobs):,} {_any_of(states)} {what}"
    counts = ", ".join(f"{count:,} {word}" for word, count in states)
    lines = [", ".join((happens, *chosen.left_out)) + "."]
    return (*lines, f"By state: {counts}.") if len(states) > 1 else tuple(lines)


def by_state(jobs: Iterable[Job]) -> tuple[tuple[str, int], ...]:
    """Return how many jobs are in each state, by its word, the liveliest state first."""
    numbers = Counter(job.state for job in jobs)
    order = sorted(numbers, key=lambda state: LOOKS[state].rank)
    return tuple((_word(state), numbers[state]) for state in order)


def _any_of(states: Sequence[tuple[str, int]]) -> str:
    """Return `running, init or queued`."""
    words = [word for word, _ in states]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _word(state: JobState) -> str:
    return state.value.lower().replace("_", " ")


_PLURALS = {"has": "have", "is": "are"}


def _parted(jobs: Iterable[Job], why_not: Callable[[Job], str | None], not_begun: int) -> Chosen:
    chosen, reasons = [], Counter[str]()
    for job in jobs:
        if (reason := why_not(job)) is None:
            chosen.append(job)
        else:
            reasons[reason] += 1
    if not_begun:
        reasons["has not begun"] = not_begun
    return Chosen(tuple(chosen), tuple(_counted(reason, n) for reason, n in reasons.items()))


def _counted(reason: str, count: int) -> str:
    """Return `2 have ended` of `has ended`."""
    verb, _, rest = reason.partition(" ")
    return f"{count:,} {verb if count == 1 else _PLURALS[verb]} {rest}"
