"""The list of jobs: what runs, what waits, what failed, and what to do about it."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.getters import query_one
from textual.timer import Timer

from studio_tui.api.models import Job, JobState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.filters import Filter
from studio_tui.presentation.format import plural
from studio_tui.presentation.job_facts import facts
from studio_tui.presentation.job_list import NEWEST_FIRST, JobList
from studio_tui.presentation.jobs import BAR_WIDTH, LARGEST_FIRST, RATE_WIDTH, SORTS, cells
from studio_tui.service.jobs_feed import Jobs
from studio_tui.service.session import StudioSession
from studio_tui.service.snapshot import Snapshot
from studio_tui.tui.job_actions import EDIT_BINDING, JOB_BINDINGS
from studio_tui.tui.job_marks import MARK_BINDINGS, JobMarks
from studio_tui.tui.memory import JobsView
from studio_tui.tui.messages import OpenJob, Progressed, Refreshed
from studio_tui.tui.new_jobs import NEW_JOB_BINDING, NewJobs
from studio_tui.tui.running_progress import RunningProgress
from studio_tui.tui.screens.dialogs import Choose
from studio_tui.tui.screens.page import Page
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.filter_bar import FilterBar, FilterInput
from studio_tui.tui.widgets.table_layout import Align, Column
from studio_tui.tui.widgets.table_painter import Sorting

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

LONGER_AGES_EVERY = 10
"""Seconds between looks at ages that are told in minutes or more."""

PREVIEW_AFTER = 0.04
"""Seconds after which preview and footer follow the cursor, lest they hold a held key up."""

PROBLEMS = "status=problem"

_FINISHED_HINTS = ("table.open", "job.log", "job.run_again", "jobs.filter", "jobs.sort")
_ALIVE_HINTS = ("table.open", "job.log", "job.cancel", "jobs.filter", "jobs.sort")
_MARK_HINTS = ("jobs.mark", "jobs.logs", "jobs.unmark", "table.open", "jobs.filter")
_HINTS = {
    JobState.FAILED: ("table.open", "job.log", "job.run_again", "jobs.problems", "jobs.filter"),
}


class JobsScreen(NewJobs, JobMarks, Page):
    """A table of all jobs that are known, with a preview of the one under the cursor."""

    place = "jobs"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        *JOB_BINDINGS,
        *MARK_BINDINGS,
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            id="jobs.filter",
            tooltip="Filter by words, status=, by=, name~, age<",
        ),
        Binding(
            "exclamation_mark",
            "problems",
            "problems",
            key_display="!",
            id="jobs.problems",
            tooltip="Only what failed, and back",
        ),
        Binding("s", "sort", "sort", id="jobs.sort", tooltip="Choose the order"),
        *(
            Binding(
                key,
                f"sort_by('{column}')",
                f"by {words}",
                show=False,
                id=f"jobs.sort_{column}",
                tooltip=f"Sort by {words}; again reverses",
            )
            for key, column, words in (
                ("N", "name", "name"),
                ("A", "age", "age"),
                ("S", "state", "state"),
                ("T", "run", "run time"),
            )
        ),
        Binding("i", "preview", "preview", id="jobs.preview", tooltip="Show or hide the preview"),
        Binding(
            "w",
            "wide",
            "wide",
            id="jobs.wide",
            tooltip="All columns, scrolled sideways with the arrows",
        ),
        NEW_JOB_BINDING,
        EDIT_BINDING,
        Binding("M", "more", "older jobs", id="jobs.more", tooltip="Load older jobs"),
    ]

    table = query_one("#jobs-table", BigTable)
    preview = query_one(FactSheet)

    def __init__(
        self, session: StudioSession, home: str, view: JobsView, *, read_only: bool
    ) -> None:
        """Take also what is remembered of the view."""
        super().__init__(session, home, read_only=read_only)
        self.view = view
        """What is remembered; replaced as the user goes."""
        self._list = JobList()
        self._progress = RunningProgress(session.progress, lambda: self.post_message(Progressed()))
        self._filter = Filter(view.filter)
        self._preview_due: Timer | None = None
        self._left_at: str | None = None
        """The row the cursor was on when a filter began to be typed."""

    def body(self) -> ComposeResult:
        """Compose the list beside or above its preview."""
        with Container(id="split"):
            with Vertical(id="list"):
                yield Bar(id="title", filler="─")
                yield FilterBar(self.view.filter)
                yield BigTable(COLUMNS, self._cells, notice="Asking Studio…", id="jobs-table")
            with Container(id="preview"):
                yield FactSheet()

    def on_mount(self) -> None:
        """Take up the view where it was left."""
        self.set_class(not self.view.preview, "-no-preview")
        self.table.wide = self.view.wide
        self.show_marks()
        self._show_sorting()
        self.table.focus()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Jobs",)

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

    def show_only(self, terms: str) -> None:
        """Show the jobs that pass a filter, until another is typed or esc."""
        self.query_one(FilterBar).set(terms)

    def job_at_hand(self) -> Job | None:
        """Return the job under the cursor."""
        return self._list.get(self.table.cursor) if self.is_mounted else None

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer; the same answer as before changes nothing but its age."""
        if message.name != self.session.jobs.name:
            return
        if is_news and message.snapshot.value is not None:
            self._list.replace(message.snapshot.value.jobs)
            self.drop_marks(self._list)
            self._show()
        self._show_notice()

    def tick(self, now: datetime) -> None:
        """Let the times in sight run on; where none shows seconds, now and then is enough."""
        self._look()
        if self._list.changes_with_the_second(now) or now.second % LONGER_AGES_EVERY == 0:
            self.table.show_again()
            self._show_preview(now)

    # The keys.

    def action_detail(self) -> None:
        """Show all about the job under the cursor."""
        if job := self.job_at_hand():
            self.post_message(OpenJob(job.id, self.table.keys))

    def action_filter(self) -> None:
        """Let a filter be typed."""
        self._left_at = self.table.cursor
        self.query_one(FilterBar).edit()

    def action_problems(self) -> None:
        """Show only problems, or everything again."""
        self.query_one(FilterBar).set("" if self._filter.text == PROBLEMS else PROBLEMS)

    @work(name="sort", group="dialog")
    async def action_sort(self) -> None:
        """Offer the orders."""
        choices = [(key, words) for key, (words, _) in SORTS.items()]
        chosen = await self.app.push_screen_wait(Choose("Sort by", choices, self.view.sort))
        if chosen is not None:
            self._sort(chosen, reverse=False)

    def action_sort_by(self, column: str) -> None:
        """Sort by a column; when it is sorted by that already, the other way round."""
        self._sort(column, reverse=column == self.view.sort and not self.view.reverse)

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.view = self.view.replace(preview=not self.view.preview)
        self.set_class(not self.view.preview, "-no-preview")
        self._show_preview(self.moment())

    def action_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.view = self.view.replace(wide=not self.view.wide)
        self.table.wide = self.view.wide

    def action_more(self) -> None:
        """Ask for older jobs."""
        self.session.more_jobs()

    def action_escape(self) -> None:
        """Back out one level: the filter, then the marks."""
        if self._filter:
            self.query_one(FilterBar).set("")
        else:
            self.action_unmark_all()

    def marks_changed(self) -> None:
        """Say how many are marked, and what can be done with them."""
        self._show_title(len(self.table.keys))
        self.paint_hints()

    # What the widgets, and the jobs, say.

    @on(Progressed)
    def _progressed(self) -> None:
        self.table.show_again()
        self._show_preview(self.moment())

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self._filter = message.wanted
        self.view = self.view.replace(filter=message.wanted.text)
        self._show()
        if self._left_at is not None:
            # A filter that is being typed passes through others that hide the row.
            self.table.move_to(self._left_at)
        self.paint_frame()

    @on(FilterBar.Done)
    def _filter_done(self) -> None:
        self._left_at = None
        self.table.focus()

    @on(BigTable.Highlighted)
    def _highlighted(self, message: BigTable.Highlighted) -> None:
        self.view = self.view.replace(cursor=message.key)
        if self._preview_due is None:
            self._preview_due = self.set_timer(PREVIEW_AFTER, self._catch_up, name="preview")
        jobs = self.session.jobs.snapshot.value
        is_last = message.key is not None and message.key == self.table.keys[-1]
        if is_last and not self._filter and jobs is not None and not jobs.has_all:
            self.action_more()

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.action_detail()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        if message.column in SORTS:
            self.action_sort_by(message.column)

    # Painting.

    def _cells(self, job_id: str) -> tuple[Cell, ...]:
        return cells(self._list[job_id], self.moment(), self._progress.get(job_id))

    def _look(self) -> None:
        """Learn how far the running jobs in sight are."""
        if self._unsubscribe:  # else this page is out of sight
            jobs = map(self._list.get, self.table.keys_in_sight)
            self._progress.look(job.id for job in jobs if job and job.state is JobState.RUNNING)

    def _leave(self) -> None:
        super()._leave()
        self._progress.leave()

    def _sort(self, column: str, *, reverse: bool) -> None:
        self.view = self.view.replace(sort=column, reverse=reverse)
        self._show_sorting()
        self._show()

    def _show(self) -> None:
        first = not self.table.keys
        now = self.moment()
        ids = self._list.ids(self._filter, self.view.sort, now, reverse=self.view.reverse)
        self.table.show(ids)
        self.look_for_new(ids)
        if first and self.view.cursor is not None:
            self.table.move_to(self.view.cursor)
        self.call_after_refresh(self._look)  # a table without a size has nothing in sight
        self._show_title(len(ids))
        self._show_notice()
        self._show_preview(now)

    def _show_sorting(self) -> None:
        largest_first = (self.view.sort in LARGEST_FIRST) != self.view.reverse
        self.table.sorting = Sorting(self.view.sort, descending=largest_first)
        self._show_title(len(self.table.keys))

    def _show_title(self, shown: int) -> None:
        jobs = self.session.jobs.snapshot.value
        title = self.query_one("#title", Bar)
        title.left = _title(jobs, self._filter, shown, len(self._list))
        order = SORTS[self.view.sort][0] + (", reversed" if self.view.reverse else "")
        right = []
        if self.view.sort != NEWEST_FIRST or self.view.reverse:
            right += [Part(f" sorted by {order} ", Tone.DIM, "screen.sort"), Part("──", "rule")]
        if marks := len(self.view.marks):
            right += [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")]
        title.right = tuple(right)

    def _show_notice(self) -> None:
        self.table.notice = _notice(self.session.jobs.snapshot, self._filter, len(self._list))

    def _catch_up(self) -> None:
        self._preview_due = None
        self.paint_hints()
        self._show_preview(self.moment())

    def _show_preview(self, now: datetime) -> None:
        if self.view.preview:
            job = self.job_at_hand()
            clusters = self.session.clusters.snapshot.value
            around = clusters.items if clusters is not None else ()
            self.preview.show(facts(job, now, around, self._progress.get(job.id)) if job else ())


def _title(jobs: Jobs | None, filtered: Filter, shown: int, known: int) -> tuple[Part, ...]:
    """Say how many of the known jobs are shown, and what else there is to say of the list."""
    amount = "" if jobs is None else f"{shown} of {known} " if filtered else f"{known} "
    parts = [Part("── ", "rule"), Part("Jobs ", Tone.STRONG), Part(amount)]
    if jobs is not None and not jobs.has_all:
        parts.append(Part("newest, M loads older ", Tone.DIM, "screen.more"))
    if filtered:
        parts.append(Part("· filter ", Tone.DIM))
        parts.append(Part(f"{filtered.text} ", Tone.ACCENT, "screen.filter"))
    if jobs is not None and jobs.unreadable:
        parts.append(Part(f"{plural(jobs.unreadable, 'row')} unreadable ", Tone.WARN))
    if jobs is not None and jobs.duplicates:
        parts.append(Part(f"{plural(jobs.duplicates, 'row')} sent twice ", Tone.WARN))
    return tuple(parts)


def _notice(snapshot: Snapshot[Jobs], filtered: Filter, known: int) -> str:
    """Say why there is nothing to show."""
    jobs = snapshot.value
    if filtered and jobs is not None and not jobs.has_all:
        return (
            f"None of the newest {known} jobs passes the filter.\n"
            "M looks further back, esc shows all of them again."
        )
    if filtered and known:
        return "No job passes the filter.\nesc shows all of them again."
    if jobs is not None:
        return "No jobs yet."
    if snapshot.error is not None:
        return f"{snapshot.error}\n\nctrl+r asks again now."
    return "Asking Studio…"
