"""The list of jobs: what runs, what waits, what failed, and what to do about it."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from studio_tui import clock
from studio_tui.api.models import Job, JobState
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact, facts
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.kinship import kin_facts
from studio_tui.presentation.jobs.rows import BAR_WIDTH, RATE_WIDTH, cells
from studio_tui.service.polling.jobs_feed import Jobs
from studio_tui.service.polling.poller import Poller
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import READ_ONLY, Command, bindings
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.marked import ListedMarks
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.messages import OpenForm, OpenJob, OpenLogs, Progressed, Refreshed
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterInput
from studio_tui.tui.widgets.table_layout import Align, Column

COLUMNS = (
    Column("state", "STATE", 11),
    Column("name", "NAME", 22, grow=3, most=48),
    Column("id", "ID", 8, drop=6),
    Column("progress", "PROGRESS", BAR_WIDTH, drop=5),
    Column("share", "DONE", 4, align=Align.RIGHT, drop=1),
    Column("rate", "RATE", RATE_WIDTH, align=Align.RIGHT, drop=9),
    Column("workers", "WORK", 4, align=Align.RIGHT, drop=7),
    Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=4),
    Column("run", "RUN", 8, align=Align.RIGHT),
    Column("age", "AGE", 4, align=Align.RIGHT, drop=3),
    Column("by", "BY", 8, drop=8),
    Column("error", "ERROR", 9, grow=3, drop=2),
)

_FINISHED_HINTS = ("table.open", "job.log", "job.run_again", "jobs.filter", "jobs.sort")
_ALIVE_HINTS = ("table.open", "job.log", "job.cancel", "jobs.filter", "jobs.sort")
_MARK_HINTS = (
    "job.cancel", "job.run_again", "job.resume", "job.edit", "jobs.logs", "jobs.unmark",
)  # fmt: skip
_HINTS = {
    JobState.FAILED: ("table.open", "job.log", "job.run_again", "jobs.problems", "jobs.filter"),
}


_COMMANDS: tuple[Command["JobsScreen"], ...] = (
    Command(
        "jobs.logs",
        "L",
        "merged log",
        "Show the logs of the marked jobs as one; without marks the job's log",
        lambda page: page.open_logs(),
        lambda page: page.why_no_logs(),
    ),
    Command(
        "jobs.new",
        "n",
        "new job",
        "Fill in the form of a new job",
        lambda page: page.open_form(),
        lambda page: READ_ONLY if page.read_only else None,
    ),
)


class JobsScreen(ListPage[Job]):
    """A table of all jobs that are known, with a preview of the one under the cursor."""

    place = "jobs"
    kind = JOBS
    columns = COLUMNS
    problems = "status=problem"

    LIST = list_commands(
        "jobs",
        "job",
        "words, status=, by=, name~, age<",
        "Only what failed, and back",
        (
            ("N", "name", "name"),
            ("A", "age", "age"),
            ("S", "state", "state"),
            ("T", "run", "run time"),
        ),
        older="jobs",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobController, _COMMANDS),
        *LIST.bindings,
    ]

    def __init__(
        self, session: StudioSession, home: str, view: ListView, *, read_only: bool
    ) -> None:
        """Take also what is remembered of the view."""
        super().__init__(session, home, view, read_only=read_only)
        self.jobs = JobController(
            self, self.job_at_hand, marked=ListedMarks(self.marked_rows, self.list.marks.unmark)
        )
        self.commands.add(self.jobs)
        self.commands.add_to(self, _COMMANDS)
        self._progress = RunningProgress(session.progress, lambda: self.post_message(Progressed()))

    # What the frame asks.

    def hints(self) -> Iterable[str]:
        """Return the most useful keys for the state under the cursor."""
        job = self.job_at_hand()
        if isinstance(self.focused, FilterInput):
            return ("filter.complete", "filter.leave", "filter.earlier")
        if job is None:
            return ("jobs.filter", "page.refresh", "page.back")
        if self.view.marks:
            return _MARK_HINTS
        if job.state in _HINTS:
            return _HINTS[job.state]
        return _FINISHED_HINTS if job.state.is_finished else _ALIVE_HINTS

    def job_at_hand(self) -> Job | None:
        """Return the job under the cursor."""
        return self.row_at_hand()

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer; the same answer as before changes nothing but its age."""
        if message.name != self.session.jobs.name:
            return
        if is_news and message.snapshot.value is not None:
            self.list.take(message.snapshot.value.jobs)
        self.list.show_notice()

    def tick(self, now: datetime) -> None:
        """Let the times in sight run on; where none shows seconds, now and then is enough."""
        self._look()
        super().tick(now)

    # The keys.

    def why_no_logs(self) -> str | None:
        """Return why there is no log to show."""
        return None if self.view.marks else self.jobs.why_no_log()

    def open_logs(self) -> None:
        """Show the logs of the marked jobs as one, else that of the job under the cursor."""
        if self.view.marks:
            self.post_message(OpenLogs(self.view.marks))
        else:
            self.jobs.open_log()

    def open_form(self) -> None:
        """Show the form of a new job."""
        self.post_message(OpenForm())

    # What a list says of itself.

    def source(self) -> Poller[Jobs]:
        """Return what tells the rows."""
        return self.session.jobs

    def none_words(self) -> str:
        """Return what is said when there are no rows at all."""
        return "No jobs yet."

    def ask_for_more(self) -> None:
        """Ask for older jobs."""
        self.session.more_jobs()

    def cells_of(self, key: str) -> tuple[Cell, ...]:
        """Return the cells of a job."""
        job, progress = self.rows[key], self._progress.get(key)
        mended_by = self.session.origins.mended_by(job, self.rows.get)
        return cells(job, clock.now(), progress, heard_at=self.moment(), mended_by=mended_by)

    def facts_at_hand(self, now: datetime) -> tuple[Fact, ...]:
        """Return what the preview says of the job under the cursor."""
        job = self.job_at_hand()
        clusters = self.session.clusters.snapshot.value
        around = clusters.items if clusters is not None else ()
        if job is None:
            return ()
        said = facts(job, clock.now(), around, self._progress.get(job.id), heard_at=now)
        return kin_facts(said, *self.session.kin_of(job.id))

    def shown(self) -> None:
        """Learn how far those in sight are."""
        self.call_after_refresh(self._look)  # a table without a size has nothing in sight

    # What the jobs say.

    @on(BigTable.Opened)
    def _opened(self) -> None:
        if job := self.job_at_hand():
            self.post_message(OpenJob(job.id, self.table.keys))

    @on(Progressed)
    def _progressed(self) -> None:
        self.table.show_again()
        self.list.show_preview(self.moment())

    def _look(self) -> None:
        """Learn how far the running jobs in sight are."""
        if self.listening.is_on:  # else this page is out of sight
            jobs = map(self.rows.get, self.table.keys_in_sight)
            self._progress.look(job.id for job in jobs if job and job.state is JobState.RUNNING)

    def _leave(self) -> None:
        super()._leave()
        self._progress.leave()
