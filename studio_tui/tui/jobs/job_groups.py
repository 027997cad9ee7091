"""Grouping of jobs into rows: the groups, which are expanded, and the jobs of a row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Tone
from studio_tui.presentation.choices import following
from studio_tui.presentation.columns import by_key
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.groups import (
    MANY,
    GroupedRows,
    JobGrouping,
    group_cells,
    group_facts,
    in_sight,
    stem,
    with_group_rows,
)
from studio_tui.presentation.jobs.rows import COLUMNS, cells
from studio_tui.presentation.lists.listing import Listing
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.tui.frame.list_view import ViewHolder
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.table_painter import Cells

MOST_OPENED = 200
"""The most expanded groups that are saved; the latest are kept."""


class JobGroups:
    """Controller of a list of jobs that can be grouped."""

    def __init__(self, rows: Listing[Job], holder: ViewHolder, changed: Callable[[], None]) -> None:
        """Group `rows` as saved in `holder`; `changed` is called to show the rows again."""
        self._rows = rows
        self._holder = holder
        self._changed = changed
        self._owners: dict[str, str] = {}
        """The names of pipelines by the ids of their jobs."""
        self.blocked: frozenset[str] = frozenset()
        """Jobs of pipelines that will not start, as one that they depend on failed."""
        self.fixed_by: Mapping[str, str] = {}
        """By id of a failed job that is fixed, the id of the later, complete run that fixed it."""
        self._known: PipelineList | None = None
        self._arranged = GroupedRows((), {})

    @property
    def grouping(self) -> JobGrouping:
        """How jobs are grouped."""
        kept = self._holder.view.group
        return JobGrouping(kept) if kept in set(JobGrouping) else JobGrouping.NONE

    @property
    def _opened(self) -> tuple[str, ...]:
        return self._holder.view.opened

    @property
    def title_parts(self) -> tuple[Part, ...]:
        """The parts for the title of the list."""
        if self.grouping is JobGrouping.NONE:
            return ()
        return (Part(f"· by {self.grouping} ", Tone.DIM, "screen.do('jobs.group')"),)

    def pipeline_of(self, job_id: str) -> str:
        """Return the name of the pipeline that runs a job; empty if none is known."""
        return self._owners.get(job_id, "")

    def learn(self, known: PipelineList | None) -> bool:
        """Read the pipelines of jobs; return whether they have changed."""
        if known is None or known is self._known:
            return False
        self._known = known
        owners: dict[str, str] = {}
        for pipeline in reversed(known.pipelines):  # newest last: it wins if two name a job
            label = pipeline.name or pipeline.pipeline_id
            owners |= {job_id: label for run in pipeline.job_runs for job_id in run.run_ids}
        before = self.blocked, self._owners
        self.blocked, self._owners = known.blocked, owners
        return before != (self.blocked, self._owners)

    def arrange(self, keys: Sequence[str]) -> Sequence[str]:
        """Return the rows to show for these jobs."""
        grouping, least = self.grouping, 2
        label_of: Callable[[str], str] = self.pipeline_of
        if grouping is JobGrouping.NAME:
            label_of = lambda key: stem(self._rows[key].name or "")  # noqa: E731 (one of several)
        elif grouping is JobGrouping.NONE:
            pending = self._pending()
            if len(pending) <= MANY:
                self._arranged = GroupedRows(keys, {})
                return keys
            label_of, least = (lambda key: pending.get(key, "")), MANY + 1
        # Groups of what is pending have nothing else in them.
        is_pending = grouping is JobGrouping.NONE
        shown = frozenset[str]() if is_pending else in_sight(self._jobs(keys))
        opened = set(self._opened)
        self._arranged = with_group_rows(
            keys, label_of, shown.__contains__, opened=opened, least=least
        )
        return self._arranged.keys

    def members(self, key: str) -> tuple[str, ...]:
        group = self._arranged.groups.get(key)
        return group.members if group is not None else (key,)

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        whole = (k for k, group in self._arranged.groups.items() if marks.issuperset(group.members))
        return marks.union(whole)

    def row_of(self, job_id: str) -> str:
        """Return the row that has a job: its own, or that of its folded group."""
        groups = self._arranged.groups
        if not groups or job_id in self._arranged.keys:
            return job_id
        return next((key for key, group in groups.items() if job_id in group.members), job_id)

    def is_group(self, key: str | None) -> bool:
        """Return whether a row is a group."""
        return key in self._arranged.groups

    def jobs_of(self, key: str | None) -> list[Job]:
        """Return the jobs of a row, first those whose failure is not fixed."""
        if key is None:
            return []
        jobs = self._jobs(self.members(key))
        return sorted(
            jobs, key=lambda job: job.state is not JobState.FAILED or job.id in self.fixed_by
        )

    def cells_of(self, key: str, now: datetime) -> Cells:
        """Return the cells of a group."""
        group = self._arranged.groups[key]
        jobs = self._jobs(group.members)
        if not jobs:
            return (NOTHING,) * len(COLUMNS)
        newest = max(jobs, key=lambda job: job.created_at.timestamp() if job.created_at else 0.0)
        age = by_key(COLUMNS, cells(newest, now))["age"]
        is_open = key in self._opened
        return group_cells(
            group, jobs, age, is_open=is_open, blocked=self.blocked, fixed=self.fixed_by
        )

    def facts_of(self, key: str, now: datetime) -> tuple[Fact, ...]:
        """Return the preview of a group."""
        group = self._arranged.groups[key]
        return group_facts(group, self._jobs(group.members), now, self.blocked, self.fixed_by)

    def toggle(self, key: str) -> None:
        """Expand or collapse a group."""
        known = tuple(each for each in self._opened if each != key)
        opened = known if key in self._opened else (*known, key)[-MOST_OPENED:]
        self._holder.change(opened=opened)
        self._changed()

    def turn(self) -> None:
        """Switch to the next grouping."""
        self._holder.change(group=following(self.grouping).value, opened=())
        self._changed()

    def _pending(self) -> dict[str, str]:
        """Return the jobs that wait in a pipeline, with the pipeline's name."""
        return {
            job_id: label
            for job_id, label in self._owners.items()
            if (job := self._rows.get(job_id)) is not None and job.state is JobState.PENDING
        }

    def _jobs(self, keys: Iterable[str]) -> list[Job]:
        return [job for key in keys if (job := self._rows.get(key)) is not None]
