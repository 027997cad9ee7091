"""The schedules: when each runs next, what came of its last runs, and what to do about it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.getters import query_one

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.freshness import Aged
from studio_tui.presentation.schedules.rows import RESULTS, cells, facts, runs_by_task
from studio_tui.service.polling.schedules_feed import Schedules
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.progress_words import unreached
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.schedules.actions import SCHEDULE_BINDINGS, ScheduleActions
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.table_layout import Align, Column

_HINTS = ("schedule.runs", "schedule.run_once", "schedule.edit", "schedule.cancel", "schedule.new",
          "page.back")  # fmt: skip


class SchedulesScreen(ScheduleActions, Page):
    """A table of the schedules, with a preview of the one under the cursor."""

    place = "schedules"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (34, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCHEDULE_BINDINGS,
        Binding(
            "U",
            "utc",
            "local or UTC",
            id="schedules.utc",
            tooltip="Tell the next run in local time or in UTC",
        ),
        Binding(
            "i", "preview", "preview", id="schedules.preview", tooltip="Show or hide the preview"
        ),
        Binding(
            "w",
            "wide",
            "wide",
            id="schedules.wide",
            tooltip="All columns, scrolled sideways with the arrows",
        ),
    ]

    table = query_one("#schedules-table", BigTable)
    preview = query_one(FactSheet)

    def __init__(self, session: StudioSession, home: str, *, read_only: bool) -> None:
        super().__init__(session, home, read_only=read_only)
        self._tasks: dict[str, Job] = {}
        self._runs: dict[str, tuple[Job, ...]] = {}
        self.zone = clock.zone()
        self._in_utc = False
        """Whether the list tells the next runs in UTC."""

    def body(self) -> ComposeResult:
        """Compose the list above its preview."""
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield BigTable(_columns(), self._cells, notice="Asking Studio…", id="schedules-table")
        with Container(id="preview"):
            yield FactSheet()

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.table.focus()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Schedules",)

    def hints(self) -> Iterable[str]:
        """Return the most useful keys."""
        return _HINTS if self.job_at_hand() else ("schedule.new", "page.refresh", "page.back")

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.session.schedules.snapshot

    def job_at_hand(self) -> Job | None:
        """Return the schedule under the cursor."""
        return self._tasks.get(self.table.cursor or "") if self.is_mounted else None

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer, or new runs."""
        value = message.snapshot.value
        if message.name == self.session.jobs.name:
            if is_news and value is not None:
                self._runs = runs_by_task(value.jobs)
                self._show_again()
        elif message.name == self.session.schedules.name:
            if is_news and value is not None:
                self._tasks = {task.id: task for task in value}
                self._show()
            self.table.notice = _notice(message.snapshot, self.session, read_only=self.read_only)

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (what is shown asks for the moment)
        """Let the time to the next runs go by."""
        self._show_again()

    # The keys.

    def action_utc(self) -> None:
        """Tell the next runs in UTC, or in local time again."""
        self._in_utc = not self._in_utc
        self.table.columns = _columns("AT, UTC" if self._in_utc else "AT, LOCAL")
        self.table.show_again()

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-no-preview")

    def action_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.table.wide = not self.table.wide

    @on(BigTable.Highlighted)
    def _highlighted(self) -> None:
        self.paint_hints()
        self._show_preview()

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.action_runs()

    # Painting.

    def _cells(self, task_id: str) -> tuple[Cell, ...]:
        runs = self._runs.get(task_id, ())
        zone = UTC if self._in_utc else self.zone
        return cells(self._tasks[task_id], runs, clock.now(), zone)

    def _show(self) -> None:
        self.table.show(tuple(self._tasks))
        self.query_one("#title", Bar).left = (
            Part("── ", "rule"),
            Part("Schedules ", Tone.STRONG),
            Part(f"{len(self._tasks)} "),
        )
        self._show_preview()

    def _show_again(self) -> None:
        self.table.show_again()
        self._show_preview()

    def _show_preview(self) -> None:
        task = self.job_at_hand()
        runs = self._runs.get(task.id, ()) if task else ()
        self.preview.show(facts(task, runs, clock.now(), self.zone) if task else ())


def _columns(at: str = "AT, LOCAL") -> tuple[Column, ...]:
    return (
        Column("name", "NAME", 16, grow=2, most=40),
        Column("expression", "SCHEDULE", 12, grow=1, most=20),
        Column("words", "IN WORDS", 20, grow=3, most=60, drop=3),
        Column("next", "NEXT RUN", 12),
        Column("at", at, 16, drop=1),
        Column("results", "LAST RUNS", RESULTS + 1, drop=2),
        Column("runs", "RUNS", 4, align=Align.RIGHT, drop=5),
        Column("missed", "MISSED", 6, align=Align.RIGHT, drop=4),
        Column("skipped", "SKIPPED", 7, align=Align.RIGHT, drop=4),
        Column("by", "BY", 8, drop=7),
        Column("id", "ID", 8, drop=6),
    )


def _notice(snapshot: Snapshot[Schedules], session: StudioSession, *, read_only: bool) -> str:
    """Say why there is nothing to show."""
    if snapshot.value is not None:
        how = "" if read_only else "\nn makes one: fill in `cron`, or `start`."
        return f"No schedules.{how}"
    if snapshot.error is not None:
        return unreached(snapshot.error, session)
    return "Asking Studio…"
