"""The list of pipelines: how far each is, what failed in it, and what to do about it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.getters import query_one

from studio_tui import clock
from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.api.models import Job, Pipeline, PipelineState
from studio_tui.presentation.cells import NOTHING
from studio_tui.presentation.freshness import Aged
from studio_tui.presentation.jobs.facts import Fact, Line
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.presentation.pipelines.facts import Around, facts, grid
from studio_tui.presentation.pipelines.rows import (
    BAR_WIDTH,
    PIPELINES,
    Overview,
    cells,
)
from studio_tui.service.polling.pipelines_feed import Pipelines
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.list_page import ListPage, list_bindings
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.progress_words import unreached
from studio_tui.tui.frame.row_marks import mark_bindings
from studio_tui.tui.messages import OpenPipeline, Refreshed
from studio_tui.tui.pipelines.actions import PIPELINE_BINDINGS, PipelineActions
from studio_tui.tui.pipelines.trigger_screen import TriggerDraft, TriggerScreen
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.filter_bar import FilterInput
from studio_tui.tui.widgets.table_layout import Align, Column
from studio_tui.tui.widgets.table_painter import Cells

COLUMNS = (
    Column("state", "STATE", 11),
    Column("name", "NAME", 12, grow=1, most=28, drop=2),
    Column("target", "TARGET", 14, grow=2, most=44),
    Column("progress", "PROGRESS", BAR_WIDTH),
    Column("done", "DONE", 7, align=Align.RIGHT, drop=4),
    Column("jobs", "JOBS", 18, grow=1, most=34, drop=3),
    Column("age", "AGE", 4, align=Align.RIGHT),
    Column("updated", "UPDATED", 7, align=Align.RIGHT, drop=5),
    Column("id", "ID", 8, drop=6),
)

_BEGUN = "pipeline.logs"
_HINTS = {
    PipelineState.RUNNING: ("table.open", "pipeline.pause", "pipeline.stop", _BEGUN),
    PipelineState.PENDING: ("table.open", "pipeline.pause", "pipeline.stop"),
    PipelineState.PAUSED: ("table.open", "pipeline.pause", "pipeline.stop", _BEGUN),
    PipelineState.FAILED: ("table.open", "pipeline.pause", _BEGUN, "pipelines.problems"),
}
_FINISHED_HINTS = ("table.open", _BEGUN)
_MARK_HINTS = ("pipelines.mark", "pipeline.pause", "pipeline.stop", "pipelines.unmark")
_ALWAYS = ("pipelines.trigger", "pipelines.filter")


class PipelinesScreen(PipelineActions, ListPage[Pipeline]):
    """A table of all pipelines that are known, with a preview of the one under the cursor."""

    place = "pipelines"
    noun = "pipeline"
    kind = PIPELINES
    columns = COLUMNS
    problems = "status=problem"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "trigger",
            "trigger",
            id="pipelines.trigger",
            tooltip="Rebuild datasets: name them, look at the jobs first or run them at once",
        ),
        *PIPELINE_BINDINGS,
        Binding(
            "l", "merged_logs", "logs", show=False, id="pipelines.logs", tooltip="Show its logs"
        ),
        *mark_bindings("pipelines", "pipeline"),
        *list_bindings(
            "pipelines",
            "words, status=, target=, job=, name~, age<",
            "Only what failed, and back",
            (("N", "name", "name"), ("A", "age", "age"), ("S", "state", "state")),
        ),
        Binding(
            "M", "more", "older pipelines", id="pipelines.more", tooltip="Load older pipelines"
        ),
    ]

    table = query_one("#pipelines-table", BigTable)

    def __init__(
        self, session: StudioSession, home: str, view: ListView, *, read_only: bool
    ) -> None:
        """Take also what is remembered of the view."""
        super().__init__(session, home, view, read_only=read_only)
        self._overview = Overview()
        self._jobs: dict[str, Job] = {}
        """The runs of pipelines that are known."""
        self._draft: TriggerDraft | None = None
        """What was left in the form of a pipeline."""

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Pipelines",)

    def hints(self) -> Iterable[str]:
        """Return the most useful keys for the state under the cursor."""
        if isinstance(self.focused, FilterInput):
            return ("filter.complete", "filter.leave", "filter.earlier")
        pipeline = self.pipeline_at_hand()
        if pipeline is None:
            return (*_ALWAYS, "page.refresh", "page.back")
        if self.view.marks:
            return (*_MARK_HINTS, *_ALWAYS)
        return (*_HINTS.get(pipeline.state, _FINISHED_HINTS), *_ALWAYS)

    def label(self, binding: Binding) -> str:
        """Return what a key does now: `p` pauses, or resumes."""
        return self.turns_to() if binding.id == "pipeline.pause" else super().label(binding)

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.session.pipelines.snapshot

    def moment(self) -> datetime:
        """Return the moment of which things are shown: the present, unless Studio is silent."""
        return self.session.pipelines.snapshot.moment(clock.now())

    def pipeline_at_hand(self) -> Pipeline | None:
        """Return the pipeline under the cursor."""
        return self.row_at_hand()

    def pipelines_at_hand(self) -> Sequence[Pipeline]:
        """Return the marked pipelines, else the one under the cursor."""
        marked = [pipeline for key in self.view.marks if (pipeline := self.rows.get(key))]
        return marked or super().pipelines_at_hand()

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now."""
        return self.why_not_pipeline(action)

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer, or what has become known of the jobs."""
        value = message.snapshot.value
        if message.name == self.session.pipelines.name:
            if is_news and value is not None:
                self._learn_jobs(value)
                self.take(value.pipelines)
                self._overview.keep(self.rows)
            self.show_notice()
        elif message.name == self.session.jobs.name and is_news and (known := self.answer()):
            self._learn_jobs(known)
            self.show_preview(self.moment())

    def _learn_jobs(self, pipelines: Pipelines) -> None:
        runs = [run.created_job_id for one in pipelines.pipelines for run in one.job_runs]
        self._jobs = self.session.known_jobs([run for run in runs if run])

    # What a list says of itself.

    def answer(self) -> Pipelines | None:
        """Return what is known."""
        return self.session.pipelines.snapshot.value

    def ask_for_more(self) -> None:
        """Ask for older pipelines."""
        self.session.more_pipelines()

    def cells_of(self, key: str) -> Cells:
        """Return the cells of a pipeline."""
        return cells(self.rows[key], self._overview, self.moment())

    def facts_at_hand(self, now: datetime) -> tuple[Fact | Line, ...]:
        """Return what the preview says of the pipeline under the cursor, and of its past runs."""
        pipeline = self.pipeline_at_hand()
        known = self.answer()
        if pipeline is None or known is None:
            return ()
        around = Around(self._overview, self._jobs, now)
        said = facts(pipeline, around)
        width, height = self.preview.scrollable_content_region.size
        past = grid(pipeline, known.pipelines, around, width, height - len(said) - 1)
        return (*said, Fact("", NOTHING), *past) if past else said

    def notice(self) -> str:
        """Return why there is nothing to show."""
        snapshot, known = self.session.pipelines.snapshot, len(self.rows)
        if self.filter and snapshot.value is not None and not snapshot.value.has_all:
            return (
                f"None of the newest {known} pipelines passes the filter.\n"
                "M looks further back, esc shows all of them again."
            )
        if self.filter and known:
            return "No pipeline passes the filter.\nesc shows all of them again."
        if snapshot.value is not None:
            return (
                "No pipelines yet.\nt makes one: it rebuilds datasets from the jobs that made them."
            )
        if snapshot.error is not None:
            return unreached(snapshot.error, self.session)
        return "Asking Studio…"

    @on(BigTable.Opened)
    def _opened(self, message: BigTable.Opened) -> None:
        if can_be_used(message.key):
            self.post_message(OpenPipeline(message.key))
        else:
            self.app.notify(NO_ID, severity="warning", markup=False)

    @work(name="trigger", group="dialog")
    async def action_trigger(self) -> None:
        """Show the form of a pipeline; the cursor goes to the one that it makes."""
        if not self._may("trigger"):
            return
        here = self.pipeline_at_hand()
        target = here.triggered_from if here else None
        proposed = TriggerDraft(target or "", is_proposed=True)
        form = TriggerScreen(
            self.session.triggering,
            self._draft or proposed,
            names=self._dataset_names,
            before=lambda: frozenset(one.pipeline_id for one in self._known()),
            keep=self._keep_draft,
        )
        self._learn_datasets(form.while_alive(form.names_changed))
        made = await self.app.push_screen_wait(form)
        if made is not None:
            self._draft = None
            self.await_row(made.pipeline_id)

    @work(name="datasets", group="datasets", exclusive=True)
    async def _learn_datasets(self, learned: Callable[[], None]) -> None:
        jobs = self.session.jobs.snapshot.value
        await self.session.datasets.learn(jobs.jobs if jobs else ())
        learned()

    def _keep_draft(self, draft: TriggerDraft) -> None:
        self._draft = draft

    def _dataset_names(self) -> tuple[str, ...]:
        names = self.session.datasets.known(self._known())
        return tuple(dict.fromkeys(map(short_name, names))) if self.session.is_near else names

    def _known(self) -> tuple[Pipeline, ...]:
        known = self.answer()
        return known.pipelines if known else ()
