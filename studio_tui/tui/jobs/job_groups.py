"""Groups the jobs of a list: which rows there are, and which jobs each row stands for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Tone
from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.groups import (
    GROUP_PREFIX,
    MANY,
    GroupedRows,
    JobGrouping,
    created_at,
    group_cells,
    group_facts,
    shown_while_folded,
    with_group_rows,
    without_numbers,
)
from studio_tui.presentation.jobs.rows import COLUMNS, age_cell
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.tui.frame.list_body import ListBody, RowGroups
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.table_painter import Cells

MOST_OPENED = 200
"""Maximum number of unfolded groups that are saved."""


class JobGroups(RowGroups):
    """The groups of a list of jobs."""

    def __init__(self, body: ListBody[Job], changed: Callable[[], None]) -> None:
        """Group the rows of a list as saved in its view; `changed` shows the rows again."""
        self._list = body
        self._changed = changed
        self._owners: dict[str, str] = {}
        """The name of each job's pipeline, else the pipeline's id, by job id."""
        self.blocked: frozenset[str] = frozenset()
        """Ids of jobs that will not start: a job that they need has failed or was canceled."""
        self.newer_attempts: Mapping[str, NewerAttempt] = {}
        """The attempts because of which failed jobs are no problem, by the id of the failed job."""
        self._pipelines: PipelineList | None = None
        """The pipelines from which `blocked` and `_owners` were read."""
        self._grouped_rows = GroupedRows((), {})
        """The rows shown last."""
        self._label_of: Callable[[str], str] = self.pipeline_of
        """Returns the label of a job's group in these rows."""
        self.cursor_when_regrouped: tuple[str | None, str | None] = None, None
        """Key of the cursor's row after the last change of groups, and id of the job that it is on.

        If the row is that of a group, this is the job that the cursor was on before the change.
        """

    @property
    def grouping(self) -> JobGrouping:
        saved = self._list.view.group
        return JobGrouping(saved) if saved in set(JobGrouping) else JobGrouping.NONE

    @property
    def _opened(self) -> tuple[str, ...]:
        return self._list.view.opened

    @property
    def title_parts(self) -> tuple[Part, ...]:
        if self.grouping is JobGrouping.NONE:
            return ()
        return (Part(f"· by {self.grouping} ", Tone.DIM, "screen.do('jobs.group')"),)

    def pipeline_of(self, job_id: str) -> str:
        """Return the name of the pipeline that runs a job, or its id; empty if none is known."""
        return self._owners.get(job_id, "")

    def read_pipelines(self, pipelines: PipelineList | None) -> bool:
        """Read the pipeline of each job and the blocked jobs; return whether either has changed."""
        if pipelines is None or pipelines is self._pipelines:
            return False
        self._pipelines = pipelines
        owners: dict[str, str] = {}
        # From the oldest to the newest, so that the newest wins if two contain the same job.
        for pipeline in reversed(pipelines.pipelines):
            label = pipeline.name or pipeline.pipeline_id
            owners |= {job_id: label for run in pipeline.job_runs for job_id in run.run_ids}
        before = self.blocked, self._owners
        self.blocked, self._owners = pipelines.blocked, owners
        return before != (self.blocked, self._owners)

    def arrange(self, job_ids: Sequence[str]) -> Sequence[str]:
        label_of: Callable[[str], str] = self.pipeline_of
        least, never_hidden = 2, frozenset[str]()
        if self.grouping is JobGrouping.NONE:
            pending = self._pending()
            if len(pending) <= MANY:
                self._grouped_rows = GroupedRows(job_ids, {})
                return job_ids
            label_of, least = (lambda job_id: pending.get(job_id, "")), MANY + 1
        else:
            never_hidden = shown_while_folded(self._jobs(job_ids), self.newer_attempts)
            if self.grouping is JobGrouping.NAME:
                label_of = self._name_without_numbers
        self._label_of = label_of
        self._grouped_rows = with_group_rows(
            job_ids, label_of, never_hidden.__contains__, opened=set(self._opened), least=least
        )
        return self._grouped_rows.keys

    def members(self, key: str) -> tuple[str, ...]:
        group = self._grouped_rows.groups.get(key)
        return group.members if group is not None else (key,)

    def marked_rows(self, marks: frozenset[str]) -> frozenset[str]:
        groups = self._grouped_rows.groups.items()
        return marks.union(key for key, group in groups if marks.issuperset(group.members))

    def row_of(self, job_id: str) -> str:
        groups = self._grouped_rows.groups
        if not groups or job_id in self._grouped_rows.keys:
            return job_id
        return next((key for key, group in groups.items() if job_id in group.members), job_id)

    def is_group(self, key: str | None) -> bool:
        return key in self._grouped_rows.groups

    def is_member(self, job_id: str) -> bool:
        """Return whether a listed job is in a group, whose row is above that of the job."""
        groups = self._grouped_rows.groups
        return bool(groups) and f"{GROUP_PREFIX}{self._label_of(job_id)}" in groups

    def jobs_of(self, key: str | None) -> list[Job]:
        """Return the jobs of a row, beginning with the failed jobs that are problems."""
        if key is None:
            return []
        jobs = self._jobs(self.members(key))
        return sorted(
            jobs, key=lambda job: job.state is not JobState.FAILED or job.id in self.newer_attempts
        )

    def cells_of(self, key: str, now: datetime) -> Cells:
        group = self._grouped_rows.groups[key]
        jobs = self._jobs(group.members)
        if not jobs:
            return (NOTHING,) * len(COLUMNS)
        newest = max(jobs, key=created_at)
        is_open = key in self._opened
        return group_cells(
            group,
            jobs,
            age_cell(newest, now),
            is_open=is_open,
            blocked=self.blocked,
            newer_attempts=self.newer_attempts,
        )

    def facts_of(self, key: str, now: datetime) -> tuple[Fact, ...]:
        group = self._grouped_rows.groups[key]
        return group_facts(group, self._jobs(group.members), now, self.blocked, self.newer_attempts)

    def toggle(self, key: str) -> None:
        others = tuple(each for each in self._opened if each != key)
        opened = others if key in self._opened else (*others, key)[-MOST_OPENED:]
        self._list.view = self._list.view.replace(opened=opened)
        self._changed()

    def switch_grouping(self) -> None:
        """Switch to the next grouping, and fold all groups."""
        grouping = next_choice(self.grouping).value
        self._list.view = self._list.view.replace(group=grouping, opened=())
        self._changed()

    def _pending(self) -> dict[str, str]:
        """Return the names of pipelines by the ids of their pending jobs in the list."""
        return {
            job_id: label
            for job_id, label in self._owners.items()
            if (job := self._list.rows.get(job_id)) is not None and job.state is JobState.PENDING
        }

    def _name_without_numbers(self, job_id: str) -> str:
        return without_numbers(self._list.rows[job_id].name or "")

    def _jobs(self, job_ids: Iterable[str]) -> list[Job]:
        return [job for job_id in job_ids if (job := self._list.rows.get(job_id)) is not None]
