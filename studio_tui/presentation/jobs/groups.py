"""Groups of jobs; a group is one row of a list."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from studio_tui.api.job_kinds import by_status, is_schedule
from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.format import ago, plural
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.presentation.jobs.states import LOOKS, counts
from studio_tui.presentation.logs.signatures import normalize

MANY = 20
"""Maximum number of pending jobs of one pipeline that are listed without a group."""

_TRIED = frozenset({JobState.FAILED, JobState.COMPLETE})

GROUP_PREFIX = "▸"
"""Prefix of the keys of groups, which no job id has; also the sign of a folded group."""

_BAR_WIDTH = 6
_MOST_REASONS = 6
_NUMBER = re.compile(r"\d+")


class JobGrouping(StrEnum):
    """Criterion by which jobs are grouped."""

    NONE = "none"
    """Only more than `MANY` pending jobs of one pipeline are a group."""
    PIPELINE = "pipeline"
    NAME = "name"
    """Numbers in names are ignored."""


class JobGroup(NamedTuple):
    """Jobs shown as one group, by their ids in the order of the list."""

    label: str
    members: tuple[str, ...]


class GroupedRows(NamedTuple):
    """Rows of a list."""

    keys: Sequence[str]
    """Ids of jobs and keys of groups, from top to bottom."""
    groups: Mapping[str, JobGroup]


def without_numbers(name: str) -> str:
    """Return a name with its numbers replaced by `*`."""
    return _NUMBER.sub("*", name)


def with_group_rows(
    job_ids: Sequence[str],
    label_of: Callable[[str], str],
    stays: Callable[[str], bool],
    *,
    opened: Collection[str],
    least: int = 2,
) -> GroupedRows:
    """Return the rows of a list in which each group begins with a row of its own.

    The row of a group is at the place of its first job in `job_ids`. `label_of` returns the label
    of a job's group; empty if it is in none. A group whose key is not in `opened` shows only the
    jobs for which `stays` is true. Fewer than `least` jobs are no group.
    """
    members: dict[str, list[str]] = {}
    labels = [label_of(job_id) for job_id in job_ids]
    for job_id, label in zip(job_ids, labels, strict=True):
        if label:
            members.setdefault(label, []).append(job_id)
    groups: dict[str, JobGroup] = {}
    shown: list[str] = []
    for job_id, label in zip(job_ids, labels, strict=True):
        if not label or len(members[label]) < least:
            shown.append(job_id)
            continue
        group_key = f"{GROUP_PREFIX}{label}"
        if group_key in groups:
            continue
        groups[group_key] = JobGroup(label, tuple(members[label]))
        shown.append(group_key)
        shown += members[label] if group_key in opened else filter(stays, members[label])
    return GroupedRows(shown, groups)


def shown_while_folded(jobs: Iterable[Job], newer_attempts: Container[str] = ()) -> frozenset[str]:
    """Return the ids of the jobs that a folded group still shows.

    These are running jobs, and each failed job that is the newest failed or complete one of its
    name and not in `newer_attempts`.
    """
    job_ids = set()
    newest_tried: dict[str, Job] = {}
    for job in jobs:
        if job.state is JobState.RUNNING:
            job_ids.add(job.id)
        elif job.state in _TRIED:
            name = job.name or job.id
            newest = newest_tried.get(name)
            if newest is None or created_at(job) > created_at(newest):
                newest_tried[name] = job
    failed = (job.id for job in newest_tried.values() if job.state is JobState.FAILED)
    return frozenset(job_ids.union(each for each in failed if each not in newer_attempts))


def created_at(job: Job) -> float:
    """Return when a job was created, as a sort key; if unknown, it counts as the oldest."""
    return job.created_at.timestamp() if job.created_at else 0.0


def group_cells(
    group: JobGroup,
    jobs: Sequence[Job],
    age: Cell,
    *,
    is_open: bool,
    blocked: Container[str] = (),
    newer_attempts: Mapping[str, NewerAttempt] = {},
) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each column of the job list; `age` is the age of the newest job.

    `blocked` are the ids of jobs that will not start, because jobs that they depend on did not
    complete. `newer_attempts` are those of failed jobs, by the id of the failed job.
    """
    states = {newer.state if (newer := newer_attempts.get(job.id)) else job.state for job in jobs}
    worst = min(states, key=lambda state: LOOKS[state].rank)
    sign = "▾" if is_open else GROUP_PREFIX
    by_column: dict[str, Cell | Pieces] = {
        "state": Cell(f"{sign} {_amount(jobs)}", LOOKS[worst].tone),
        "name": Cell(group.label, Tone.STRONG),
        "age": age,
        "error": Pieces(_detail(jobs, blocked, newer_attempts)),
    }
    return tuple(by_column.get(column.key, NOTHING) for column in COLUMNS)


def group_facts(
    group: JobGroup,
    jobs: Sequence[Job],
    now: datetime,
    blocked: Container[str] = (),
    newer_attempts: Mapping[str, NewerAttempt] = {},
) -> tuple[Fact, ...]:
    """Return facts about a group: the states of its jobs, and the most common failure reasons.

    `blocked` and `newer_attempts` are the same as for `group_cells`.
    """
    numbers = counts(by_status(jobs), blocked=blocked, newer_attempts=newer_attempts)
    states = [f"{count.number} {count.name}" for count in numbers if count.number]
    # `counts` leaves these failures out; with them, the sum is the number of jobs.
    states += newer_attempt_counts(jobs, newer_attempts)
    schedules = _schedules(jobs)
    amounts = [f"{len(jobs) - schedules}: {', '.join(states)}"] if states else []
    amounts += [plural(schedules, "schedule")] if schedules else []
    failed = [job for job in jobs if job.state is JobState.FAILED and job.id not in newer_attempts]
    lines = _reason_lines(failed, now)
    return (
        Fact("group", Cell(group.label, Tone.STRONG)),
        Fact("jobs", Cell(" and ".join(amounts) or str(len(jobs)))),
        *((Fact("failed", Cell("\n".join(lines), Tone.BAD)),) if lines else ()),
        Fact(
            "keys",
            Cell(
                "⏎ folds and unfolds; L shows all logs as one, l a single log; x, r, R and e are "
                "for all jobs of the group",
                Tone.DIM,
            ),
        ),
    )


def _reason_lines(failed: Iterable[Job], now: datetime) -> list[str]:
    """Return lines such as `3 × no space left · latest 5m ago` for the most common reasons.

    Reasons that differ only in numbers, ids and paths count as one reason.
    """
    exact_reasons: dict[str, Counter[str]] = defaultdict(Counter)
    latest: dict[str, Job] = {}
    for job in failed:
        reason = cause_of(job) or "no reason given"
        kind = normalize(reason)
        exact_reasons[kind][reason] += 1
        latest[kind] = max(latest.get(kind, job), job, key=created_at)
    kinds = Counter({kind: exact.total() for kind, exact in exact_reasons.items()})
    lines = []
    for kind, number in kinds.most_common(_MOST_REASONS):
        exact = exact_reasons[kind]
        words = next(iter(exact)) if len(exact) == 1 else kind
        age = ago(latest[kind].created_at, now)
        lines.append(f"{number} × {words} · {'latest ' if number > 1 else ''}{age}")
    if left_out := len(kinds) - len(lines):
        lines.append(f"and {plural(left_out, 'other reason')}")
    return lines


def _amount(jobs: Sequence[Job]) -> str:
    """Return the number of jobs that are not schedules or, if all are, the number of schedules."""
    schedules = _schedules(jobs)
    if schedules == len(jobs):
        return f"{LOOKS[JobState.TASK].glyph}{schedules}"
    return plural(len(jobs) - schedules, "job")


def _schedules(jobs: Sequence[Job]) -> int:
    return sum(map(is_schedule, jobs))


def newer_attempt_counts(
    jobs: Sequence[Job], newer_attempts: Mapping[str, NewerAttempt]
) -> list[str]:
    """Return `2 fixed` and `1 superseded`, as far as there are such failures."""
    is_fix = [newer.is_fix for job in jobs if (newer := newer_attempts.get(job.id)) is not None]
    numbers = (("fixed", sum(is_fix)), ("superseded", is_fix.count(False)))
    return [f"{number} {word}" for word, number in numbers if number]


def _detail(
    jobs: Sequence[Job], blocked: Container[str], newer_attempts: Mapping[str, NewerAttempt]
) -> tuple[Cell, ...]:
    """Return a bar, and counts: jobs by state, schedules, failures with a newer attempt."""
    schedules, look = _schedules(jobs), LOOKS[JobState.TASK]
    words = (Cell(f"{look.glyph}{plural(schedules, 'schedule')} ", look.tone),) if schedules else ()
    if schedules == len(jobs):
        return words
    # Imported when the first group is shown, as these modules import all that draws pipelines.
    from studio_tui.presentation.pipelines.graph.segments import bar  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.statuses import NodeState  # noqa: PLC0415

    numbers = counts(by_status(jobs), blocked=blocked, newer_attempts=newer_attempts)
    drawn = bar({NodeState(count.name): count.number for count in numbers}, _BAR_WIDTH)
    # The failures come first and what is done last, as a narrow column cuts off the end.
    ordered = sorted(numbers, key=lambda count: (count.name != "failed", count.name == "done"))
    shown = [Cell(f"{count.glyph}{count.number} ", count.tone) for count in ordered if count.number]
    shown += words
    if attempts := newer_attempt_counts(jobs, newer_attempts):
        # These failures are shown so that the counts add up to the number of jobs at the beginning
        # of the row. They have no `✗`: a narrow column has no space for the words after it, and
        # then they would look like failures without a newer attempt.
        total = sum(job.id in newer_attempts for job in jobs)
        shown.append(Cell(f"+{' +'.join(attempts)} ", Tone.DIM, (f"+{total}",)))
    return (*drawn, Cell(" "), *shown)
