"""The list of schedules."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.schedules.rows import COLUMNS, COLUMNS_IN_UTC, SCHEDULES, cells, facts
from studio_tui.presentation.schedules.runs import (
    ScheduledRun,
    ScheduleWithRuns,
    runs_by_task,
    runs_of,
    with_manual,
)
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.schedules_feed import Schedules
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.schedules.controller import ScheduleController
from studio_tui.tui.widgets.big_table import BigTable

_HINTS = ("schedule.runs", "schedule.run_once", "schedule.edit", "schedule.suspend",
          "schedule.cancel", "schedule.new", "page.back")  # fmt: skip
"""Keys in the footer, for the schedule under the cursor."""

_MARK_HINTS = (
    "schedule.runs",
    "schedule.suspend",
    "schedule.cancel",
    "job.copy_id",
    "schedules.unmark",
)
"""Keys in the footer while schedules are marked."""

_COMMANDS: tuple[Command["SchedulesScreen"], ...] = (
    Command(
        "schedules.utc",
        "U",
        "local or UTC",
        "Show the next run in local time or in UTC",
        lambda page: page.toggle_utc(),
    ),
)


class SchedulesScreen(ListPage[ScheduleWithRuns]):
    """A table of the schedules, with a preview of the schedule under the cursor."""

    tab = "schedules"
    kind = SCHEDULES
    columns = COLUMNS
    problems = "status=problem"
    is_stacked = True
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (34, "-high")]  # noqa: RUF012

    LIST = list_commands(
        "schedules",
        "schedule",
        "words, status= of the last run, by=, name~, cron=",
        "Show only schedules whose last run failed, or all again",
        (("N", "name", "name"), ("A", "age", "age"), ("T", "next", "next run")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ScheduleController, _COMMANDS),
        *LIST.bindings,
    ]

    def __init__(self, basics: Basics, view: ListView) -> None:
        super().__init__(basics, view)
        self._zone = clock.zone()
        self._in_utc = False
        """Whether the next runs are shown in UTC."""
        marked = MarkedJobs(
            lambda: [row.task for row in self.marked_rows()],
            self.list.marks.unmark,
            lambda: "marked schedule",
        )
        self._controller = ScheduleController(self, self.task_at_hand, marked)
        self.commands.add(self._controller)
        self.commands.add_to(self, _COMMANDS)

    # Overrides of Page.

    def row_hints(self) -> Iterable[str]:
        if self.view.marks:
            return _MARK_HINTS
        return _HINTS if self.row_at_hand() else ("schedule.new", "page.refresh", "page.back")

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        names = {self.session.jobs.name, self.session.schedules.name}
        tasks = self.session.schedules.snapshot.value
        if message.name in names and is_news and tasks is not None:
            jobs = self.session.jobs.snapshot.value
            runs = runs_by_task(jobs.jobs if jobs is not None else ())
            listed_ids = {task.id for task in tasks}
            replacements = self._controller.editor.replacements
            listed = {old: new for old, new in replacements.items() if new in listed_ids}
            replacement = listed.get(self.table.cursor or "")
            self.list.marks.transfer(listed)
            self.list.set_rows([ScheduleWithRuns(task, self._runs(task, runs)) for task in tasks])
            if replacement is not None:
                self.table.move_to(replacement)
            # The cursor moves only once: a user may go back to an old schedule that still exists.
            for old in listed:
                del replacements[old]
        if message.name == self.session.schedules.name:
            self.list.show_notice()

    def _runs(
        self, task: Job, listed_runs: Mapping[str, tuple[ScheduledRun, ...]]
    ) -> tuple[ScheduledRun, ...]:
        """Return the last runs of a schedule and of the schedules that it replaced.

        `listed_runs` are by schedule id. Manual runs that were requested from here are added, as
        Studio may not return their schedule.
        """
        origins = self.session.records.origins
        task_ids = origins.with_replaced_schedules(task.id)
        runs = [run for task_id in task_ids for run in listed_runs.get(task_id, ())]
        manual_ids = [job_id for task_id in task_ids for job_id in origins.manual_runs(task_id)]
        manual_jobs = self.session.known_items.jobs(manual_ids).values() if manual_ids else ()
        return runs_of(task, with_manual(runs, manual_jobs))

    def task_at_hand(self) -> Job | None:
        row = self.row_at_hand()
        return row.task if row is not None else None

    def toggle_utc(self) -> None:
        self._in_utc = not self._in_utc
        self.table.columns = COLUMNS_IN_UTC if self._in_utc else COLUMNS
        self.table.show_again()

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.commands.do("schedule.runs")

    # Overrides of ListPage.

    def source(self) -> Poller[Schedules]:
        return self.session.schedules

    def none_words(self) -> str:
        if self.read_only:
            return "No schedules."
        how = "n creates one: fill in `cron`, or `start`, and what to run."
        if self.session.commands.schedules.is_possible:
            how += "\nP creates one that rebuilds datasets."
        return f"No schedules.\n{how}"

    def cells_of(self, key: str) -> tuple[Cell, ...]:
        row, zone = self.rows[key], UTC if self._in_utc else self._zone
        return cells(row.task, row.runs, clock.now(), zone)

    def facts_at_hand(self, now: datetime) -> tuple[Fact, ...]:
        row = self.row_at_hand()
        return facts(row.task, row.runs, now, self._zone) if row is not None else ()

    def moment(self) -> datetime:
        """Return the present time, as next runs are computed without Studio."""
        return clock.now()
