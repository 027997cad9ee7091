"""Sentences of the questions before jobs are canceled or run again: which jobs, and the effect."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from typing import NamedTuple

from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Job
from studio_tui.api.states import CANCELING_STATES, NOT_YET_QUEUED_STATES, WAITING_STATES, JobState
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.states import LOOKS

WhyNot = Callable[[Job], str | None]
"""Returns why a command does not apply to a job; `None` if it does."""


class JobSelection(NamedTuple):
    """The jobs that a command applies to, and why it does not apply to others."""

    jobs: tuple[Job, ...]
    left_out: str
    """Why others are left out: `2 have ended, 1 is being canceled already`; empty if none is."""


def cancel_effect(jobs: Sequence[Job]) -> str:
    """Return the effect of canceling these jobs, as a sentence."""
    states = {job.state for job in jobs}
    is_one = len(jobs) == 1
    subject, has = ("It", "has") if is_one else ("They", "have")
    if states == {JobState.TASK}:
        create = "creates" if is_one else "create"
        kinds = {"pipelines" if job.schedule and job.schedule.datasets else "jobs" for job in jobs}
        return (
            f"{subject} {create} no more {' and '.join(sorted(kinds))}."
            f" Those {subject.lower()} {has} created keep running."
        )
    if states <= WAITING_STATES:
        return f"{subject} {has} not started, and will not run."
    return f"{'Its' if is_one else 'Their'} processes are stopped; what they wrote is kept."


def select(
    jobs: Iterable[Job], why_not: WhyNot, *, not_begun: int = 0, unknown: int = 0
) -> JobSelection:
    """Split jobs by whether a command applies.

    `not_begun` is the number of other marked items for which no job was created yet, `unknown` the
    number of those whose job Studio did not return.
    """
    selected, reasons = [], Counter[str]()
    for job in jobs:
        if (reason := why_not(job)) is None:
            selected.append(job)
        else:
            reasons[reason] += 1
    if not_begun:
        reasons["has not started"] = not_begun
    if unknown:
        reasons["is not returned by Studio"] = unknown
    left_out = (_with_number(reason, number) for reason, number in reasons.items())
    return JobSelection(tuple(selected), ", ".join(left_out))


def why_not_cancel(job: Job) -> str | None:
    """Return why a job cannot be canceled, without a subject: `has ended`; `None` if it can."""
    if not is_usable_id(job.id):
        return "has no usable id"
    if job.state in CANCELING_STATES:
        return "is being canceled already"
    return None if job.state.is_cancelable else "has ended"


def why_not_cancel_in_jobs(job: Job) -> str | None:
    """Return why the list of jobs cannot cancel a job, in the form of `why_not_cancel`."""
    if job.state is JobState.TASK:
        return "has to be canceled in Schedules (4)"
    return why_not_cancel(job)


def why_not_rerun(job: Job) -> str | None:
    """Return why a job cannot be run again, in the form of `why_not_cancel`."""
    if not is_usable_id(job.id):
        return "has no usable id"
    if job.state is JobState.TASK:
        # As a job it would run once, and its times would be lost.
        return "has to be run as a schedule, by t in Schedules (4)"
    return "has no query that is known here" if job.query is None else None


def summary(selection: JobSelection, blocked: Container[str] = ()) -> tuple[str, ...]:
    """Return the first lines of a question: the number of jobs by state, and what is left out.

    There are none for a single job if nothing is left out.
    `blocked` are the ids of jobs that will not start, which lists show as blocked.
    """
    if len(selection.jobs) == 1 and not selection.left_out:
        return ()
    numbers = Counter((LOOKS[job.state].rank, _state_words(job, blocked)) for job in selection.jobs)
    counts = ", ".join(
        plural(number, words) if words == _SCHEDULE else f"{number:,} {words}"
        for (_, words), number in sorted(numbers.items())
    )
    return (f"{counts}.", *((f"Left out: {selection.left_out}.",) if selection.left_out else ()))


_SCHEDULE = "schedule"


def _state_words(job: Job, blocked: Container[str]) -> str:
    """Return the words for a job's state, which tell SCHEDULED jobs and schedules apart."""
    if job.state is JobState.TASK:
        return _SCHEDULE
    if job.state in NOT_YET_QUEUED_STATES and job.id in blocked:
        return "blocked"
    words = "to be queued" if job.state is JobState.SCHEDULED else job.state.value.lower()
    return words.replace("_", " ")


_PLURALS = {"has": "have", "is": "are"}


def _with_number(reason: str, number: int) -> str:
    verb, _, complement = reason.partition(" ")
    return f"{number:,} {verb if number == 1 else _PLURALS[verb]} {complement}"
