"""Groups of jobs as single rows of a list."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import NOT_QUEUED_STATES, JobState
from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.format import UNKNOWN, age, plural, seconds_between
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.presentation.jobs.states import LOOKS, counts
from studio_tui.presentation.logs.signatures import normalised

MANY = 20
"""Maximum number of a pipeline's pending jobs that are listed without being folded."""

_TRIED = frozenset({JobState.FAILED, JobState.COMPLETE})
"""States that say whether a job of that name works now."""

MARK = "▸"
"""Prefix of a group's key, which distinguishes it from job ids."""

_BAR = 10
_REASONS = 6
_NUMBER = re.compile(r"\d+")


class JobGrouping(StrEnum):
    """Criterion by which jobs are grouped."""

    NONE = "none"
    """No grouping, except of many pending jobs of a pipeline."""
    PIPELINE = "pipeline"
    NAME = "name"
    """Numbers in names are ignored."""


class JobGroup(NamedTuple):
    """Jobs shown as one group."""

    label: str
    """Safe text."""
    members: tuple[str, ...]
    """Ids, in the order of the list."""


class GroupedRows(NamedTuple):
    """Rows of a list: keys of jobs and groups."""

    keys: Sequence[str]
    groups: Mapping[str, JobGroup]
    """Groups by key."""


def stem(name: str) -> str:
    """Return a name with its numbers replaced by `*`."""
    return _NUMBER.sub("*", name)


def with_group_rows(
    keys: Sequence[str],
    label_of: Callable[[str], str],
    stays: Callable[[str], bool],
    *,
    opened: Collection[str],
    least: int = 2,
) -> GroupedRows:
    """Insert a group row at the position of the first job of each group.

    `label_of` returns the group of a job, empty for none. Jobs of a group that is not in `opened`
    are hidden unless `stays`. Groups of fewer than `least` jobs are not grouped.
    """
    members: dict[str, list[str]] = {}
    labels = [label_of(key) for key in keys]
    for key, label in zip(keys, labels, strict=True):
        if label:
            members.setdefault(label, []).append(key)
    groups: dict[str, JobGroup] = {}
    shown: list[str] = []
    for key, label in zip(keys, labels, strict=True):
        if not label or len(members[label]) < least:
            shown.append(key)
            continue
        group = f"{MARK}{label}"
        if group in groups:
            continue
        groups[group] = JobGroup(label, tuple(members[label]))
        shown.append(group)
        shown += members[label] if group in opened else filter(stays, members[label])
    return GroupedRows(shown, groups)


def in_sight(jobs: Iterable[Job]) -> frozenset[str]:
    """Return the jobs that remain visible while their group is folded: what runs or fails now.

    Of the failures, that is the newest of each name, unless a newer job of the name is complete.
    """
    job_ids = set()
    tried: dict[str, Job] = {}
    for job in jobs:
        if job.state is JobState.RUNNING:
            job_ids.add(job.id)
        elif job.state in _TRIED:
            name = job.name or job.id
            newest = tried.get(name)
            if newest is None or _stamp(job) > _stamp(newest):
                tried[name] = job
    job_ids.update(job.id for job in tried.values() if job.state is JobState.FAILED)
    return frozenset(job_ids)


def _stamp(job: Job) -> float:
    return job.created_at.timestamp() if job.created_at else 0.0


def group_cells(
    group: JobGroup,
    jobs: Sequence[Job],
    age: Cell,
    *,
    is_open: bool,
    blocked: Container[str] = (),
    fixed: Collection[str] = (),
) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each column of the job list; `age` is that of the newest job.

    `blocked` are the jobs that will not start because of others. The failures that later runs have
    `fixed` are counted apart.
    """
    states = {JobState.COMPLETE if job.id in fixed else job.state for job in jobs}
    worst = min(states, key=lambda state: LOOKS[state].rank)
    sign = "▾" if is_open else MARK
    by_column: dict[str, Cell | Pieces] = {
        "state": Cell(f"{sign} {_amount(jobs)}", LOOKS[worst].tone),
        "name": Cell(group.label, Tone.STRONG),
        "age": age,
        "error": Pieces(
            (*_bar(jobs, _BAR, blocked, fixed), Cell(" "), *_counts(jobs, blocked, fixed))
        ),
    }
    return tuple(by_column.get(column.key, NOTHING) for column in COLUMNS)


def group_facts(
    group: JobGroup,
    jobs: Sequence[Job],
    now: datetime,
    blocked: Container[str] = (),
    fixed: Collection[str] = (),
) -> tuple[Fact, ...]:
    """Return facts about a group: the states of its jobs, and the most common failure reasons.

    Each reason has the age of the latest job that failed so. `blocked` and `fixed` are as in
    `group_cells`.
    """
    numbers = counts(jobs, blocked=blocked, fixed=fixed)
    states = [f"{count.number} {count.name}" for count in numbers if count.number]
    # With what the counts of states leave out, the sum is the number of jobs.
    repaired = sum(job.id in fixed for job in jobs)
    schedules = sum(job.state is JobState.TASK for job in jobs)
    states += [f"{repaired} fixed"] if repaired else []
    states += [plural(schedules, "schedule")] if schedules else []
    alike: dict[str, Counter[str]] = defaultdict(Counter)
    latest: dict[str, Job] = {}
    for job in jobs:
        if job.state is JobState.FAILED and job.id not in fixed:
            reason = cause_of(job) or "no reason given"
            kind = normalised(reason)
            alike[kind][reason] += 1
            latest[kind] = max(latest.get(kind, job), job, key=_stamp)
    # What differs in numbers alone is one reason; where all are equal, it is shown as it is.
    reasons = Counter({kind: exact.total() for kind, exact in alike.items()})
    lines = []
    for kind, number in reasons.most_common(_REASONS):
        status = next(iter(alike[kind])) if len(alike[kind]) == 1 else kind
        old = age(seconds_between(latest[kind].created_at, now))
        ago = old if old in {"now", UNKNOWN} else f"{old} ago"
        lines.append(f"{number} × {status} · {'latest ' if number > 1 else ''}{ago}")
    if left := len(reasons) - len(lines):
        lines.append(f"and {plural(left, 'other reason')}")
    return (
        Fact("group", Cell(group.label, Tone.STRONG)),
        Fact("jobs", Cell(f"{len(jobs)}: {', '.join(states)}" if states else str(len(jobs)))),
        *((Fact("failed", Cell("\n".join(lines), Tone.BAD)),) if lines else ()),
        Fact(
            "keys",
            Cell(
                "⏎ folds and unfolds; commands apply to all of them, after confirmation", Tone.DIM
            ),
        ),
    )


def _amount(jobs: Sequence[Job]) -> str:
    """Return the number of jobs, without schedules (TASK), as in all counts; else of these."""
    schedules = sum(job.state is JobState.TASK for job in jobs)
    if schedules == len(jobs):
        return plural(schedules, "task")
    return plural(len(jobs) - schedules, "job")


def _bar(
    jobs: Sequence[Job], width: int, blocked: Container[str], fixed: Container[str]
) -> tuple[Cell, ...]:
    # Not before a group is shown: they import what draws pipelines.
    from studio_tui.presentation.pipelines.graph.segments import bar  # noqa: PLC0415
    from studio_tui.presentation.pipelines.graph.statuses import SHOWN, NodeState  # noqa: PLC0415

    def kind(job: Job) -> NodeState:
        is_blocked = job.state in NOT_QUEUED_STATES and job.id in blocked
        return NodeState.BLOCKED if is_blocked else SHOWN[job.state]

    # As where they are counted, schedules and fixed failures are not among them.
    counted = (job for job in jobs if job.state is not JobState.TASK and job.id not in fixed)
    return bar(Counter(map(kind, counted)), width)


def _counts(
    jobs: Sequence[Job], blocked: Container[str], fixed: Collection[str]
) -> tuple[Cell, ...]:
    shown = [
        Cell(f"{count.glyph}{count.number} ", count.tone)
        for count in counts(jobs, blocked=blocked, fixed=fixed)
        if count.number
    ]
    # With them, the sum is the number of jobs that the row shows.
    if repaired := sum(job.id in fixed for job in jobs):
        # Without the sign of a failure, which it would be taken for if the word is cut off.
        shown.append(Cell(f"+{repaired} fixed", Tone.DIM))
    return tuple(shown)
