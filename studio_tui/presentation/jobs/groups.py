"""Jobs of one kind as one row of a list: which belong together, and what such a row says."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from studio_tui.api.models import Job, JobState
from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.causes import cause
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.presentation.jobs.states import LOOKS, counts
from studio_tui.presentation.logs.signatures import normalised
from studio_tui.presentation.pipelines.graph.segments import bar
from studio_tui.presentation.pipelines.graph.statuses import SHOWN

MANY = 20
"""Jobs of a pipeline that may wait to be let go without being folded."""

IN_SIGHT = frozenset({JobState.FAILED, JobState.RUNNING})
"""States of jobs that stay in sight where their group is folded."""

MARK = "▸"
"""Begins the key of a group, which no id of a job does: a group is no job."""

_BAR = 10
_REASONS = 6
_NUMBER = re.compile(r"\d+")


class Grouping(StrEnum):
    """By what jobs stand together."""

    NONE = "none"
    """By themselves, but for the many of a pipeline that wait to be let go."""
    PIPELINE = "pipeline"
    NAME = "name"
    """Numbers in names make no difference."""

    @property
    def next(self) -> "Grouping":
        """The one after it."""
        all_ = list(Grouping)
        return all_[(all_.index(self) + 1) % len(all_)]


class Group(NamedTuple):
    """Jobs that stand together."""

    label: str
    """Safe text."""
    members: tuple[str, ...]
    """Ids, in the order of the list."""


class Arranged(NamedTuple):
    """The rows of a list: jobs by their ids, and groups."""

    keys: Sequence[str]
    groups: Mapping[str, Group]
    """By key."""


def stem(name: str) -> str:
    """Return a name in which numbers make no difference."""
    return _NUMBER.sub("*", name)


def arranged(
    keys: Sequence[str],
    label_of: Callable[[str], str],
    stays: Callable[[str], bool],
    *,
    opened: Collection[str],
    least: int = 2,
) -> Arranged:
    """Put a row before the jobs of each group, where the first of them stands.

    `label_of` names the group of a job, empty for none; of a group that is not `opened` only what
    `stays` follows. Groups of less than `least` jobs are none.
    """
    members: dict[str, list[str]] = {}
    labels = [label_of(key) for key in keys]
    for key, label in zip(keys, labels, strict=True):
        if label:
            members.setdefault(label, []).append(key)
    groups: dict[str, Group] = {}
    shown: list[str] = []
    for key, label in zip(keys, labels, strict=True):
        if not label or len(members[label]) < least:
            shown.append(key)
            continue
        group = f"{MARK}{label}"
        if group in groups:
            continue
        groups[group] = Group(label, tuple(members[label]))
        shown.append(group)
        shown += members[label] if group in opened else filter(stays, members[label])
    return Arranged(shown, groups)


def group_cells(
    group: Group, jobs: Sequence[Job], age: Cell, *, is_open: bool
) -> tuple[Cell | Pieces, ...]:
    """Return one cell for each column of the list of jobs; `age` is that of the newest."""
    worst = min((job.state for job in jobs), key=lambda state: LOOKS[state].rank)
    sign = "▾" if is_open else MARK
    said: dict[str, Cell | Pieces] = {
        "state": Cell(f"{sign} {plural(len(jobs), 'job')}", LOOKS[worst].tone),
        "name": Cell(group.label, Tone.STRONG),
        "age": age,
        "error": Pieces((*_bar(jobs, _BAR), Cell(" "), *_counts(jobs))),
    }
    return tuple(said.get(column.key, NOTHING) for column in COLUMNS)


def group_facts(group: Group, jobs: Sequence[Job]) -> tuple[Fact, ...]:
    """Return what there is to say of a group: how its jobs do, and why those failed that did."""
    stands = ", ".join(f"{count.number} {count.name}" for count in counts(jobs) if count.number)
    reasons = Counter(
        normalised(cause(job.error_message or "")) or "no reason given"
        for job in jobs
        if job.state is JobState.FAILED
    )
    lines = [f"{number} × {reason}" for reason, number in reasons.most_common(_REASONS)]
    if left := len(reasons) - len(lines):
        lines.append(f"and {plural(left, 'other reason')}")
    return (
        Fact("group", Cell(group.label, Tone.STRONG)),
        Fact("jobs", Cell(f"{len(jobs)}: {stands}" if stands else str(len(jobs)))),
        *((Fact("failed", Cell("\n".join(lines), Tone.BAD)),) if lines else ()),
        Fact("keys", Cell("⏎ folds and unfolds; commands ask for all of them", Tone.DIM)),
    )


def _bar(jobs: Sequence[Job], width: int) -> tuple[Cell, ...]:
    return bar(Counter(SHOWN[job.state] for job in jobs if job.state in SHOWN), width)


def _counts(jobs: Sequence[Job]) -> tuple[Cell, ...]:
    return tuple(
        Cell(f"{count.glyph}{count.number} ", count.tone) for count in counts(jobs) if count.number
    )
