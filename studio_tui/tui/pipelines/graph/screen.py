"""The page of one pipeline: four modes, one cursor, and details of the current job."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from studio_tui.api.states import JobState
from studio_tui.service.polling.snapshot import SnapshotPublisher
from studio_tui.tui.frame.commands import Basics, bindings
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.request_notices import error_message
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.messages import Progressed, Refreshed
from studio_tui.tui.pipelines.controller import PipelineController
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.drawer import Drawer
from studio_tui.tui.pipelines.graph.export import GraphExport
from studio_tui.tui.pipelines.graph.graph_view import GraphView, Resized
from studio_tui.tui.pipelines.graph.headlines import Headlines
from studio_tui.tui.pipelines.graph.hints import hints_of
from studio_tui.tui.pipelines.graph.job_commands import GraphJobs
from studio_tui.tui.pipelines.graph.marks import Marks
from studio_tui.tui.pipelines.graph.memory import DagMemory, DagPlace, Mode
from studio_tui.tui.pipelines.graph.moving import Movement
from studio_tui.tui.pipelines.graph.response_processor import ResponseProcessor
from studio_tui.tui.pipelines.graph.search import FILTER, Filtering, Search
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.view_modes import ViewModes
from studio_tui.tui.pipelines.graph.views import Views
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.debouncer import Debouncer
from studio_tui.tui.widgets.prompt import PROMPT_HINTS, LinePrompt, PromptKind

_FIELDS_THAT_CHANGE_ROWS = frozenset(
    {"mode", "folds", "opened", "grouping", "problems", "filter", "critical", "full_names",
     "all_edges", "lanes", "sort", "reverse"}
)  # fmt: skip


class PipelineScreen(Page):
    """A pipeline in one of four modes, with a side panel about the job under the cursor."""

    belongs_to = "pipelines"
    leads_to_pages = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobController, without={"job.pipeline"}),
        *bindings(PipelineController, only={"pipeline.pause", "pipeline.stop"}),
        *bindings(GraphJobs, ViewModes, Movement, Search),
        *bindings(Filtering, Marks, GraphExport),
    ]

    def __init__(
        self, basics: Basics, pipeline_id: str, memory: DagMemory, *, run_id: str | None = None
    ) -> None:
        """Make a page, at the place saved in `memory`, or on the job whose run is `run_id`."""
        super().__init__(basics)
        self.source = self.session.pipeline(pipeline_id)
        self.progress = RunningProgress(self.session.log_ends, self)
        self.state = GraphState(self, pipeline_id, memory)
        self.views = Views(self.state, self)
        self.cursor = Cursor(self.state, self.views, self.note_cursor_move)
        self.drawer = Drawer(self, self.state, self.cursor)
        self._make_controllers()
        self.headlines = Headlines(self)
        self.processor = ResponseProcessor(self)
        self.views.drawing.widget.step = self._step
        self._debouncer = Debouncer(self, self.while_alive(self._catch_up))
        self._run_to_go_to = run_id

    def _make_controllers(self) -> None:
        state, views, cursor = self.state, self.views, self.cursor
        self.prompt = LinePrompt(views.rows.widget)
        self.search = Search(state, cursor, self.prompt, self.notify_user)
        self.filtering = Filtering(state, cursor, self.prompt)
        self.marks = Marks(self, state, cursor)
        self.modes = ViewModes(state, views, cursor, self.drawer)
        self.movement = Movement(self, state, cursor, self.search)
        self.jobs = JobController(
            self,
            cursor.job,
            marked=self.marks,
            # All jobs here belong to this pipeline, even if the list of pipelines lacks it.
            owner_of=lambda _: cursor.pipeline(),
            why_no_job=cursor.why_no_job,
        )
        self.pipelines = PipelineController(self, cursor.pipeline)
        self.graph_jobs = GraphJobs(self, state, cursor, self.modes, self.marks)
        self.export = GraphExport(self, state, cursor, views.drawing)
        self.commands.add(self.jobs, self.pipelines, self.graph_jobs)
        self.commands.add(self.modes, self.movement, self.search, self.filtering)
        self.commands.add(self.marks, self.export)

    def body(self) -> ComposeResult:
        yield self.headlines.head
        yield self.headlines.note
        yield self.headlines.path
        yield self.headlines.modes
        with Container(id="split"):
            with Vertical(id="dag"):
                yield self.views.rows.widget
                yield self.views.drawing.widget
            with Container(id="drawer"):
                yield self.drawer.sheet
        yield self.prompt

    def on_mount(self) -> None:
        self.views.switch()
        self._show_around_rows()

    # Overrides of Page.

    @property
    def saved_as(self) -> tuple[str, ...]:
        return ("pipeline", self.state.pipeline_id)

    def crumbs(self) -> tuple[str, ...]:
        return ("Pipelines", self.state.loaded.pipeline.name or self.state.pipeline_id)

    def job_ids_at_hand(self) -> Sequence[str]:
        """Return ids: of the current job's run, of its earlier runs, and of the job they repeat."""
        node = self.cursor.node()
        return () if node is None else (*filter(None, (node.run,)), *node.attempts, node.id)

    def pollers(self) -> tuple[Any, ...]:
        return (self.source, *super().pollers())

    def source_of_age(self) -> SnapshotPublisher[Any]:
        return self.source

    def hints(self) -> Iterable[str]:
        if self.prompt.is_open:
            return PROMPT_HINTS
        return hints_of(self.state, self.cursor.node())

    def label(self, binding: Binding) -> str:
        if binding.id == "graph.next" and self.search.matches():
            return "next match"
        label = super().label(binding)
        return f"{label} pipeline" if binding.id == "pipeline.pause" else label

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        if message.name != self.source.name:
            return
        if is_news and message.snapshot.value is not None:
            self.processor.process(message.snapshot.value)
        self._show_notice()

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (the state reads the time)
        if self.state.is_loaded:
            self._follow_progress()
            self._pass_time()

    def escape(self) -> None:
        """Clear the search, else the filter, else the marks; if there are none, go back."""
        view = self.state.view
        if view.search:
            self.state.change(search="")
        elif view.filter:
            self.state.change(filter="")
        elif view.marks:
            self.marks.unmark_all()
        else:
            self.back()

    def note_place(self) -> None:
        self.views.remember()

    def _unsubscribe(self) -> None:
        super()._unsubscribe()
        self.progress.stop_following()
        self.views.remember()

    # New responses, changes of the view, and the passing of time.

    def show_response(self) -> None:
        """Show the pipeline as it has just been loaded."""
        is_first = not self.views.has_shown
        self.marks.drop_missing()
        self.views.show()
        if is_first:
            self.call_after_refresh(self._first_shown)
        self.call_after_refresh(self._follow_progress)
        self.paint_frame()
        self._show_around_rows()

    def _first_shown(self) -> None:
        """Restore the scroll position; then go to the requested job, if there is one."""
        self.views.restore_scroll()
        if self._run_to_go_to is not None:
            self.cursor.go_to_run(self._run_to_go_to)

    def view_changed(self, before: DagPlace, names: AbstractSet[str]) -> None:
        """Show a change of the fields `names` of the view, which was `before`."""
        if self.state.view.mode is not before.mode:
            self.views.switch()
        if _FIELDS_THAT_CHANGE_ROWS & names:
            self.views.show()
            self._show_notice()
            self.note_cursor_move()
        elif "marks" in names and self.is_alive:
            self.views.shown.show_marks()
        self._show_around_rows()

    def _show_notice(self) -> None:
        snapshot = self.source.snapshot
        error = snapshot.error if snapshot.value is None else None
        self.views.show_notice(error_message(error, self.session) if error is not None else None)

    def show_again(self) -> None:
        """Show the pipeline again, as the durations of past runs have changed."""
        self._repaint()
        self.headlines.show_status()

    def _repaint(self) -> None:
        self.state.discard_view_model()
        self.views.repaint()
        self.drawer.show()

    def _show_around_rows(self) -> None:
        """Update the lines above, the side panel and the footer."""
        if self.is_alive:
            self.headlines.show()
            self.drawer.show()
            self.paint_hints()

    # Updates after the cursor has moved.

    def note_cursor_move(self) -> None:
        """Schedule the updates for when the cursor rests."""
        self._debouncer.note()

    def _catch_up(self) -> None:
        self.views.shown.show_relatives()
        self._follow_progress()
        self.views.remember()
        self.drawer.show()
        self.paint_hints()

    def _follow_progress(self) -> None:
        """Request the visible jobs first, and follow the progress of the running ones."""
        # A page has subscriptions only while it is visible.
        if self.subscriptions.is_on and self.state.is_loaded:
            runs = self.views.runs()
            self.source.request_first(run for _, run in runs)
            self.progress.follow(run for state, run in runs if state is JobState.RUNNING)

    # Events.

    def action_show_mode(self, mode: str) -> None:
        self.state.change(mode=Mode(mode))

    @on(Progressed)
    def _pass_time(self) -> None:
        if self.state.is_loaded:
            self._repaint()
            self.headlines.pass_time()

    @on(BigTable.Highlighted)
    def _highlighted(self) -> None:
        self.views.rows.note_cursor()
        self.note_cursor_move()

    @on(BigTable.Opened)
    @on(GraphView.Opened)
    def _opened(self) -> None:
        self.graph_jobs.open()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        self.modes.sort_by(message.column)

    @on(Resized)
    def _resized(self) -> None:
        self.views.fit_size()

    def _step(self, direction: str) -> None:
        if (near := self.views.drawing.neighbor(direction)) is not None:
            self.cursor.go(near)

    @on(GraphView.Pointed)
    def _pointed(self, message: GraphView.Pointed) -> None:
        self.graph_jobs.go_to_or_open(self.views.drawing.at(message.x, message.y))

    @on(LinePrompt.Changed)
    def _typed(self, message: LinePrompt.Changed) -> None:
        asking = self._asking(message.kind)
        if isinstance(message, LinePrompt.Submitted):
            asking.submit(message.value)
            if not self.prompt.is_open:
                self.views.focus()
        else:
            asking.preview(message.value)

    @on(LinePrompt.Left)
    def _typing_left(self, message: LinePrompt.Left) -> None:
        self.views.focus()
        self._asking(message.kind).cancel()

    def _asking(self, kind: PromptKind) -> Search | Filtering:
        return self.filtering if kind == FILTER else self.search

    def on_resize(self) -> None:
        super().on_resize()
        self._show_around_rows()
