"""The list of jobs, and the commands on them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import clock_time
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.jobs.filters import JOBS, jobs_with
from studio_tui.presentation.jobs.preview import FactSpace, JobExtras, preview
from studio_tui.presentation.jobs.rows import COLUMNS, JobRow, cells
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.poller import Poller
from studio_tui.tui.frame.commands import Basics, bindings
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.recorded_rows import RecordedRows
from studio_tui.tui.jobs.attempts import AttemptSteps
from studio_tui.tui.jobs.job_groups import JobGroups
from studio_tui.tui.jobs.list_commands import JobListController
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.jobs.surroundings import facts_of
from studio_tui.tui.messages import OpenJob, Progressed, Refreshed
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_cursor import RowChange
from studio_tui.tui.widgets.table_painter import Cells

# Ids of bindings, the most useful first.
_FINISHED_HINTS = ("table.open", "job.log", "job.run_again", "jobs.filter", "jobs.sort")
_ALIVE_HINTS = ("table.open", "job.log", "job.cancel", "jobs.filter", "jobs.sort")
_MARK_HINTS = (
    "job.cancel", "job.run_again", "job.continue", "job.edit", "jobs.logs", "jobs.unmark",
)  # fmt: skip
_GROUP_HINTS = (
    "table.open", "jobs.logs", "job.cancel", "job.run_again", "jobs.group", "jobs.filter",
)  # fmt: skip
_FAILED_HINTS = ("table.open", "job.log", "job.run_again", "jobs.problems", "jobs.filter")


def _hints_for(page: "JobsScreen") -> tuple[str, ...]:
    job = page.job_at_hand()
    if job is None:
        return ("jobs.new", "jobs.filter", "page.refresh", "page.back")
    if page.view.marks:
        return _MARK_HINTS
    if page.groups.is_group(page.table.cursor):
        return _GROUP_HINTS
    if job.state is JobState.FAILED:
        return _FAILED_HINTS
    return _FINISHED_HINTS if job.state.is_finished else _ALIVE_HINTS


_LIST = list_commands(
    "jobs",
    "job",
    "words, status=, by=, name~, age<",
    "Show only failures without a newer attempt, or all again",
    (
        ("N", "name", "name"),
        ("A", "age", "age"),
        ("S", "state", "status"),
        ("T", "run", "run time"),
    ),
    older="jobs",
)


class JobsScreen(ListPage[Job]):
    """A table of all known jobs, with a preview of the job under the cursor."""

    tab = "jobs"
    kind = JOBS
    columns = COLUMNS
    problems = "status=problem"

    LIST = _LIST
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobListController, AttemptSteps),
        *LIST.bindings,
    ]

    def __init__(self, basics: Basics, view: ListView) -> None:
        self._progress = RunningProgress(basics.session.log_ends, self)
        # Each screen has its own `Kind`, as columns and filters look up progress, pipelines and
        # newer attempts, which only the screen has.
        self.kind = jobs_with(
            self._progress.get,
            lambda key: self.groups.pipeline_of(key),  # noqa: PLW0108 (there are no groups yet)
            lambda key: key in self.groups.blocked,
            lambda key: self.groups.newer_attempts.get(key),  # noqa: PLW0108 (is replaced later)
        )
        super().__init__(basics, view)
        self._recorded = RecordedRows(self.session.records.jobs, self.list)
        self.groups = JobGroups(self.list, partial(_show_regrouped, self))
        self.list.groups = self.groups
        marks = self.list.marks
        marked = MarkedJobs(
            self.marked_jobs, marks.unmark, lambda: "marked job" if self.view.marks else "job"
        )
        self.commands.add(
            JobListController(self, self.job_at_hand, marked, self.groups, marks),
            AttemptSteps(self, self.job_at_hand, partial(_go_to, self)),
        )

    def on_mount(self) -> None:
        self.listen(self.session.records.jobs.subscribe, lambda _: self._recorded.show())
        self.listen(self.session.job_details.subscribe, self._show_details)

    def remembered(self) -> ListView:
        """Return the view to save, with the number of jobs that the next run requests first."""
        return super().remembered().replace(loaded=self.session.lists.jobs_feed.count_for_next_run)

    # Overrides of Page.

    def row_hints(self) -> Iterable[str]:
        return _hints_for(self)

    def label(self, binding: Binding) -> str:
        cursor = self.table.cursor
        if binding.id == "table.open" and self.groups.is_group(cursor):
            return "fold" if cursor in self.view.opened else "unfold"
        return super().label(binding)

    def job_at_hand(self) -> Job | None:
        """Return the job under the cursor; of a group, one that is a problem, else its first."""
        return next(iter(self.groups.jobs_of(self.table.cursor)), None) if self.is_alive else None

    def job_ids_at_hand(self) -> Sequence[str]:
        job = self.job_at_hand()
        return (job.id,) if job is not None else ()

    def marked_jobs(self) -> list[Job]:
        """Return the marked jobs; without marks, those of the group under the cursor, if any."""
        cursor = self.table.cursor if self.is_alive and not self.view.marks else None
        return self.groups.jobs_of(cursor) if self.groups.is_group(cursor) else self.marked_rows()

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Show a new answer; a repeated answer only changes the age of the data."""
        before = self.groups.newer_attempts
        self.groups.newer_attempts = self.session.known_items.newer_attempts()
        must_show_rows = self.groups.newer_attempts != before
        if message.name == self.session.pipelines.name and is_news:
            must_show_rows |= self.groups.read_pipelines(self.session.pipelines.snapshot.value)
        if must_show_rows:
            self.list.show_rows()
        if message.name == self.session.jobs.name:
            if is_news and message.snapshot.value is not None:
                self._recorded.show_answer(message.snapshot.value.jobs)
            self.list.show_notice()

    def tick(self, now: datetime) -> None:
        self._follow_progress()
        if not self.view.preview:
            self.session.job_details.select(None)
        super().tick(now)

    # Overrides of ListPage.

    def source(self) -> Poller[JobList]:
        return self.session.jobs

    def none_words(self) -> str:
        return "No jobs yet." if self.read_only else "No jobs yet.\nn creates one."

    def ask_for_more(self) -> None:
        """Load older jobs, including recorded jobs that Studio no longer lists."""
        self.session.request_more_jobs()
        self._recorded.show_recorded()

    def title_notes(self) -> tuple[Part, ...]:
        """Return the parts about recorded jobs, the grouping, and failures that are no problems."""
        return (*self._recorded.title_parts, *self.groups.title_parts, *_newer_attempt_parts(self))

    def cells_of(self, key: str) -> Cells:
        if self.groups.is_group(key):
            return self.groups.cells_of(key, clock.now())
        row = JobRow(
            self.rows[key],
            clock.now(),
            self._progress.get(key),
            counted_until=self._recorded.since.get(key) or self.moment(),
            pipeline=self.groups.pipeline_of(key),
            is_blocked=key in self.groups.blocked,
            newer_attempt=self.groups.newer_attempts.get(key),
            is_member=self.groups.is_member(key),
        )
        return self._recorded.with_sign(key, cells(row))

    def facts_at_hand(self, now: datetime) -> tuple[Fact | FactLine, ...]:
        cursor, job, details = self.table.cursor, self.job_at_hand(), self.session.job_details
        if cursor is not None and self.groups.is_group(cursor):
            details.select(None)
            return self.groups.facts_of(cursor, now)
        size, recorded = self.list.preview_size, self._recorded.fact(cursor, now)
        details.select(job if self.subscriptions.is_on and size.height else None)
        if job is None:
            return recorded
        loaded = details.get(job.id)
        read_at = details.log_end_read_at(job)
        as_of = "" if read_at is None else clock_time(read_at, now, seconds=True)
        sizes = {file.label or file.id: file.size for file in loaded.files}
        extras = JobExtras(sizes, loaded.log.data, loaded.log.trouble, as_of)
        facts = facts_of(self.session, job, loaded.past_runs, now, self._progress.get(job.id))
        return (*recorded, *preview(job, facts, extras, FactSpace(*size)))

    def rows_changed(self) -> None:
        """Update the recorded rows, and which running jobs are followed."""
        self._recorded.update()
        # Before the first layout the table has no size, and so no visible rows.
        self.call_after_refresh(self._follow_progress)

    # Events.

    @on(BigTable.Opened)
    def _opened(self, message: BigTable.Opened) -> None:
        if self.groups.is_group(message.key):
            self.groups.toggle(message.key)
        elif job := self.job_at_hand():
            jobs = [key for key in self.table.keys if not self.groups.is_group(key)]
            self.post_message(OpenJob(job.id, jobs))

    @on(Progressed)
    def _progressed(self) -> None:
        self.table.show_again()
        self.list.show_preview(self.moment())

    def _show_details(self, job_id: str) -> None:
        if self.table.cursor == job_id:
            self.list.show_preview(self.moment())

    def _follow_progress(self) -> None:
        if self.subscriptions.is_on:  # otherwise this page is not visible
            jobs = map(self.rows.get, self.table.keys_in_sight if self.rows.has_moving else ())
            self._progress.follow(job.id for job in jobs if job and job.state is JobState.RUNNING)

    def _unsubscribe(self) -> None:
        super()._unsubscribe()
        self._progress.stop_following()
        self.session.job_details.select(None)


def _newer_attempt_parts(page: JobsScreen) -> tuple[Part, ...]:
    """Return a note of how many failures that pass the filter have a newer attempt.

    A filter such as `status=failed` shows them, but the counts in the header do not include them.
    """
    if not page.view.filter or not page.groups.newer_attempts:
        return ()
    number = len(page.groups.newer_attempts.keys() & page.list.passing)
    words, action = f"· {number:,} with a newer attempt ", "screen.do('jobs.problems')"
    return (Part(words, Tone.DIM, action, optional=True),) if number else ()


def _go_to(page: JobsScreen, job: Job) -> None:
    """Move the cursor to the row of a job; without a row, open the job's page."""
    if not page.table.move_to(job.id):
        page.post_message(OpenJob(job.id, job=job))


def _show_regrouped(page: JobsScreen) -> None:
    """Show the rows after a change of groups; the cursor stays on the row of the same job."""
    row, job_id = page.groups.cursor_when_regrouped
    if row != page.table.cursor:
        job = page.job_at_hand()
        job_id = job.id if job is not None else None
    page.list.show_rows(RowChange.GROUPS)
    page.paint_hints()
    cursor = page.table.cursor
    if job_id is not None and cursor is not None and job_id not in page.groups.members(cursor):
        page.table.move_to(page.groups.row_of(job_id))
    page.groups.cursor_when_regrouped = page.table.cursor, job_id
