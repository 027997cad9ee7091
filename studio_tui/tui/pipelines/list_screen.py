"""The list of pipelines: their progress and failures, and the commands on them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType

from studio_tui import clock
from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.pipelines.facts import PipelineContext, facts, grid
from studio_tui.presentation.pipelines.rows import (
    COLUMNS,
    PIPELINES,
    StatusCache,
    cells,
    pipelines_with,
)
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.recorded_rows import RecordedRows
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.messages import OpenPipeline, Refreshed
from studio_tui.tui.pipelines.controller import PipelineController
from studio_tui.tui.pipelines.listed_estimates import ListedEstimates
from studio_tui.tui.pipelines.rebuilding import Rebuilding
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.table_painter import Cells

_HINTS = ("table.open", "pipeline.pause", "pipeline.stop", "pipeline.logs")
_MARK_HINTS = (
    "pipeline.pause", "pipeline.stop", "pipeline.logs", "pipeline.copy_id", "pipelines.unmark",
)  # fmt: skip
_ALWAYS = ("pipelines.trigger", "pipelines.filter")


_COMMANDS: tuple[Command["PipelinesScreen"], ...] = (
    Command(
        "pipelines.logs",
        "l",
        "logs",
        "Show its logs",
        lambda page: page.pipelines.open_logs(),
        lambda page: page.pipelines.why_no_logs(),
        exclusive=True,
    ),
)


class PipelinesScreen(ListPage[Pipeline]):
    """A table of all known pipelines, with a preview of the one under the cursor."""

    tab = "pipelines"
    kind = PIPELINES
    columns = COLUMNS
    problems = "status=problem"

    LIST = list_commands(
        "pipelines",
        "pipeline",
        "words, status=, target=, job=, name~, age<",
        "Show only what failed, or all again",
        (("N", "name", "name"), ("A", "age", "age"), ("S", "state", "status")),
        older="pipelines",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Rebuilding, only={"pipelines.trigger"}),
        *bindings(PipelineController, Rebuilding, _COMMANDS, without={"pipelines.trigger"}),
        *LIST.bindings,
    ]

    pipelines: PipelineController

    def __init__(self, basics: Basics, view: ListView) -> None:
        history = basics.session.records.history
        self._estimates = ListedEstimates(history, self, self._show_estimates)
        self._progress = RunningProgress(basics.session.log_ends, self)
        self.kind = pipelines_with(self._estimates.get)
        super().__init__(basics, view)
        unmark = self.list.marks.unmark
        self.pipelines = PipelineController(self, self.row_at_hand, self.marked_rows, unmark)
        self.rebuilding = Rebuilding(self)
        self.commands.add(self.pipelines, self.rebuilding)
        self.commands.add_to(self, _COMMANDS)
        self.session.lists.pipelines_feed.request_at_least(view.loaded)
        self._recorded = RecordedRows(self.session.records.pipelines, self.list)
        self._status_cache = StatusCache()
        self._jobs: dict[str, Job] = {}
        """The jobs that the listed pipelines run, by id."""

    # Overrides of Page.

    def row_hints(self) -> Iterable[str]:
        if self.row_at_hand() is None:
            return (*_ALWAYS, "page.refresh", "page.back")
        if self.view.marks:
            return (*_MARK_HINTS, *_ALWAYS)
        return (*_HINTS, *_ALWAYS)

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        value = message.snapshot.value
        if message.name == self.session.pipelines.name:
            if is_news and value is not None:
                self._update_jobs(value)
                self._recorded.show_answer(value.pipelines)
                self._status_cache.keep(self.rows)
            self.list.show_notice()
        elif message.name == self._recorded.archive.name:
            self._recorded.show()
        elif (
            message.name == self.session.jobs.name
            and is_news
            and (pipeline_list := self.source().snapshot.value)
        ):
            self._update_jobs(pipeline_list)
            self.list.show_preview(self.moment())

    def _update_jobs(self, pipelines: PipelineList) -> None:
        runs = [run.created_job_id for each in pipelines.pipelines for run in each.job_runs]
        self._jobs = self.session.known_items.jobs([run for run in runs if run])
        self._update_estimates(is_news=True)

    def tick(self, now: datetime) -> None:
        self._follow_progress()
        self._update_estimates()
        super().tick(now)

    def _update_estimates(self, *, is_news: bool = False) -> None:
        snapshot = self.source().snapshot
        if snapshot.error is None and snapshot.value is not None and self.subscriptions.is_on:
            self._estimates.update(
                snapshot.value.pipelines,
                self._status_cache.statuses,
                self._jobs,
                self._progress.bars,
                is_news=is_news,
            )

    def _follow_progress(self) -> None:
        if self.subscriptions.is_on:  # otherwise this page is not visible
            shown = map(self.rows.get, self.table.keys_in_sight)
            active = (each for each in shown if each is not None and each.state.is_active)
            runs = (run for each in active for run in each.job_runs)
            ids = (run.created_job_id for run in runs if run.state is JobState.RUNNING)
            self._progress.follow(filter(None, ids))

    def _unsubscribe(self) -> None:
        super()._unsubscribe()
        self._progress.stop_following()

    def _show_estimates(self) -> None:
        if self.view.sort == "eta":
            self.list.show_rows()
        self.table.show_again()
        self.list.show_preview(self.moment())

    def pollers(self) -> tuple[SnapshotPublisher[Any], ...]:
        return (*super().pollers(), self._recorded.archive)

    def rows_changed(self) -> None:
        self._recorded.update()

    def title_notes(self) -> tuple[Part, ...]:
        return self._recorded.title_parts

    # Overrides of ListPage.

    def source(self) -> Poller[PipelineList]:
        return self.session.pipelines

    def none_words(self) -> str:
        how = "\nt creates one: it reruns the jobs that made datasets."
        return f"No pipelines yet.{'' if self.read_only else how}"

    def ask_for_more(self) -> None:
        """Load older pipelines, including recorded ones that Studio no longer lists."""
        self.session.request_more_pipelines()
        self._recorded.show_recorded()
        loaded = self.session.lists.pipelines_feed.requested_count
        self.list.view = self.list.view.replace(loaded=loaded)

    def cells_of(self, key: str) -> Cells:
        estimate = self._estimates.get(key)
        row = cells(self.rows[key], self._status_cache, clock.now(), estimate)
        return self._recorded.with_sign(key, row)

    def facts_at_hand(self, now: datetime) -> tuple[Fact | FactLine, ...]:
        pipeline = self.row_at_hand()
        pipeline_list = self.source().snapshot.value
        if pipeline is None or pipeline_list is None:
            return ()
        estimate = self._estimates.get(pipeline.pipeline_id)
        context = PipelineContext(self._status_cache, self._jobs, clock.now(), now, estimate)
        rows = (*self._recorded.fact(pipeline.pipeline_id, clock.now()), *facts(pipeline, context))
        past = grid(pipeline, pipeline_list.pipelines, context, self.list.preview_size.width)
        return (*rows, Fact("", NOTHING), *past) if past else rows

    @on(BigTable.Opened)
    def _opened(self, message: BigTable.Opened) -> None:
        if is_usable_id(message.key):
            self.post_message(OpenPipeline(message.key))
        else:
            self.notify_user(NO_ID, "warning")
