"""One pipeline as a graph: four ways to show it, one cursor, and all there is to know of a job."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from studio_tui import clock
from studio_tui.api.models import PipelineState
from studio_tui.presentation.freshness import Aged
from studio_tui.presentation.pipelines.graph.statuses import Shown
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page import HINTS, Page
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.messages import OpenJob, Progressed
from studio_tui.tui.pipelines.graph.commands import STEERING_BINDINGS, DagSteering
from studio_tui.tui.pipelines.graph.dag_table import DagTable
from studio_tui.tui.pipelines.graph.export import DagTaking
from studio_tui.tui.pipelines.graph.graph_view import GraphView
from studio_tui.tui.pipelines.graph.keys import (
    MARK_BINDINGS,
    MOVING_BINDINGS,
    SHOWING_BINDINGS,
    TAKING_BINDINGS,
)
from studio_tui.tui.pipelines.graph.memory import DagMemory, Mode
from studio_tui.tui.pipelines.graph.refresh import DagNews
from studio_tui.tui.pipelines.graph.view_modes import DagShowing
from studio_tui.tui.widgets.bar import Bar
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.prompt import PROMPT_HINTS, LogPrompt

_OF_ANY_PAGE = frozenset(each.action for each in Page.BINDINGS if isinstance(each, Binding))
"""What can be done also before Studio has told of the pipeline."""

_ABOUT_ROWS = frozenset(
    {"mode", "folds", "opened", "grouping", "problems", "critical", "full_names", "span", "sort",
     "reverse"}
)  # fmt: skip
"""What of the view decides which rows there are, or what is drawn."""

_RUNNING_HINTS = ("table.open", "job.log", "job.cancel", "dag.mode", "dag.cause", "dag.drawer")
_HINTS = {
    Shown.FAILED: ("job.log", "dag.next", "job.resume", "job.edit", "dag.problems", "dag.mode"),
    Shown.CANCELED: ("job.log", "job.resume", "dag.next", "job.edit", "dag.problems", "dag.mode"),
    Shown.RUNNING: _RUNNING_HINTS,
    Shown.QUEUED: _RUNNING_HINTS,
    Shown.BLOCKED: ("dag.cause", "dag.next", "dag.mode", "dag.drawer", "dag.search"),
    Shown.WAITING: ("dag.cause", "dag.mode", "dag.drawer", "dag.next", "dag.search"),
}
_OTHER_HINTS = ("table.open", "job.log", "dag.mode", "dag.drawer", "dag.next", "dag.search")

_FIRST_HINTS: dict[PipelineState | None, tuple[str, ...]] = {
    PipelineState.PAUSED: ("pipeline.pause", "dag.remove"),
    PipelineState.FAILED: ("pipeline.pause",),
}
"""Keys that go before the others, by the state of the pipeline."""
_IN_THE_GRAPH = {"table.open": "graph.open", "job.log": "dag.logs"}
_GROUP_HINTS = ("table.open", "dag.mode", "dag.unfold_all", "dag.next", "dag.drawer", "dag.search")
_MARK_HINTS = ("dag.mark", "dag.logs", "dag.unmark", "job.run_again", "dag.mode")


class PipelineScreen(DagNews, DagTaking, DagShowing, DagSteering, Page):
    """A pipeline in one of four modes, above or beside all about the job under the cursor."""

    belongs_to = "pipelines"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *STEERING_BINDINGS,
        *SHOWING_BINDINGS,
        *MOVING_BINDINGS,
        *MARK_BINDINGS,
        *TAKING_BINDINGS,
    ]

    def __init__(
        self,
        session: StudioSession,
        home: str,
        pipeline_id: str,
        memory: DagMemory,
        *,
        run_id: str | None = None,
        read_only: bool,
    ) -> None:
        """Take also the pipeline's id, what is remembered of pipelines, and the job to go to."""
        super().__init__(session, home, read_only=read_only)
        self.pipeline_id = pipeline_id
        self.source = session.pipeline(pipeline_id)
        self.view = memory.place(pipeline_id)
        self.zone = clock.zone()
        self.progress = RunningProgress(session.progress, lambda: self.post_message(Progressed()))
        self._memory = memory
        self._run_to_go_to = run_id

    def body(self) -> ComposeResult:
        """Compose the lines about the pipeline, what shows it, and the drawer."""
        yield Bar(id="dag-head")
        yield Bar(id="dag-note")
        yield Bar(id="dag-modes", filler="─")
        table = DagTable((), self.cells_of, notice="Asking Studio…", id="dag-list")
        with Container(id="split"):
            with Vertical(id="dag"):
                yield table
                yield GraphView(id="dag-graph")
            with Container(id="drawer"):
                yield FactSheet()
        yield LogPrompt(table)

    def on_mount(self) -> None:
        """Take up the view where it was left."""
        self._show_mode()
        self.tell_all()

    # What the frame asks.

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        pipeline = self.standing.pipeline if self.standing is not None else None
        return ("Pipelines", (pipeline and pipeline.name) or self.pipeline_id)

    def pollers(self) -> tuple[Any, ...]:
        """Return what this page listens to."""
        return (self.source, *super().pollers())

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.source.snapshot

    def hints(self) -> Iterable[str]:
        """Return the most useful keys for the state under the cursor."""
        if self.query_one(LogPrompt).is_open:
            return PROMPT_HINTS
        node = self.node_at_hand()
        if self.standing is None or node is None:
            wanted: tuple[str, ...] = _GROUP_HINTS
        elif self.view.marks:
            wanted = _MARK_HINTS
        else:
            wanted = _HINTS.get(self.standing.verdicts.shown[node.id], _OTHER_HINTS)
        state = self.standing.pipeline.state if self.standing is not None else None
        wanted = (*_FIRST_HINTS.get(state, ()), *wanted)
        if self.view.mode is not Mode.GRAPH:
            return wanted
        # Where l goes to the right, L shows the log, which of any run there may be.
        here = [_IN_THE_GRAPH.get(hint, hint) for hint in wanted]
        if node is not None and node.run is not None and "dag.logs" not in here[:HINTS]:
            here.insert(HINTS - 1, "dag.logs")
        return here

    def label(self, binding: Binding) -> str:
        """Return what a key does now: `p` pauses, or resumes; `L` shows one log, or several."""
        if binding.id == "pipeline.pause":
            return f"{self.turns_to()} pipeline"
        if binding.id == "dag.logs" and not self.view.marks and self.node_at_hand() is not None:
            return "log"
        return super().label(binding)

    def moment(self) -> datetime:
        """Return the moment of which things are shown: the present, unless Studio is silent."""
        return self.source.snapshot.moment(clock.now())

    def why_not(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        if action in _OF_ANY_PAGE:
            return None
        return self.why_not_move(action) or self.why_not_show(action) or self.why_not_steer(action)

    def _leave(self) -> None:
        super()._leave()
        self.progress.leave()
        self._note_place()

    # The view.

    def change(self, **changes: Any) -> None:
        """Take over a change of the view, and show what it changes."""
        before = self.view
        self.view = before.replace(**changes)
        if self.view == before:
            return
        if self.view.mode is not before.mode:
            self._show_mode()
        if _ABOUT_ROWS & changes.keys():
            self.show_all()
            self.show_notice()
            self.follow_cursor()
        elif "marks" in changes:
            self.show_marked_rows()
            self.repaint_graph()
        self.tell_all()

    def _note_place(self) -> None:
        if not self.query(DagTable):  # on the way out of the program
            return
        top = self.graph.top if self.canvas is not None else self.table.top
        self.view = self.view.replace(top=top, left=self.graph.left)
        self._memory.note(self.pipeline_id, self.view)

    def _show_mode(self) -> None:
        draws = self.view.mode is Mode.GRAPH
        self.table.display, self.graph.display = not draws, draws
        self._focus_mode()

    @on(LogPrompt.Submitted)
    @on(LogPrompt.Left)
    def _focus_mode(self) -> None:
        """Let keys go to what is in sight; the prompt knows of the list alone."""
        (self.graph if self.view.mode is Mode.GRAPH else self.table).focus()

    def show_all(self) -> None:
        """Show the rows, or the drawing, of the mode."""
        if self.view.mode is Mode.GRAPH:
            self.listing = None
            self.show_graph()
            self.call_after_refresh(self._reveal_box)
        else:
            self.canvas = None
            self.show_rows()

    def _reveal_box(self) -> None:
        if (here := self.here()) is not None:
            self.move_in_graph(here)

    def here(self) -> str | None:
        """Return the node or group that bears the cursor."""
        if self.view.mode is Mode.GRAPH:
            return self.canvas.cursor if self.canvas is not None else None
        return self.table.cursor if self.is_mounted else None

    def go(self, key: str) -> None:
        """Put the cursor on a node, and show it if it was folded away."""
        if self.view.problems and (only := self.only()) is not None and key not in only:
            self.change(problems=False)
        self.view = self.view.replace(cursor=key)
        if self.view.mode is Mode.GRAPH:
            self.move_in_graph(key)
        else:
            self.reveal_row(key)
            self.table.move_to(key)
        self.follow_cursor()

    def order(self) -> Sequence[str]:
        """Return all nodes in the order in which the mode in sight shows them."""
        if self.standing is None:
            return ()
        shown = (
            self.listing.keys
            if self.listing is not None and self.view.mode is not Mode.TREE
            else ()
        )
        nodes = self.standing.plan.nodes
        return tuple(dict.fromkeys((*(key for key in shown if key in nodes), *self.tree_order())))

    def members(self, key: str | None) -> Sequence[str]:
        """Return the nodes of a group, or the node itself."""
        if key is None:
            return ()
        if self.canvas is not None and (group := self.group(key)) is not None:
            return self.in_sight(group)
        return self.row_members(key)

    def step_down(self) -> None:
        """Go on to what comes next, after a mark."""
        if self.listing is not None:
            self.table.action_cursor_down()

    def action_escape(self) -> None:
        """Back out one level: the search, the marks, then the pipeline."""
        if self.view.search:
            self.change(search="")
        elif self.view.marks:
            self.action_unmark_all()
        else:
            self.action_back()

    # What the widgets say.

    @on(BigTable.Highlighted)
    def _highlighted(self) -> None:
        """Note where the user went; what stands in for the cursor's job is not gone to."""
        here = self.table.cursor
        if self.listing is not None and here != self.stand_in():
            self.view = self.view.replace(cursor=here)
        self.follow_cursor()

    @on(BigTable.Opened)
    @on(GraphView.Opened)
    def _opened(self) -> None:
        self.open_here()

    @on(BigTable.HeaderClicked)
    def _header_clicked(self, message: BigTable.HeaderClicked) -> None:
        if self.view.mode is Mode.TABLE:
            self.sort_by(message.column)

    def open_here(self) -> None:
        """Show all about a job, or the jobs of a group."""
        key = self.here()
        if key is None:
            return
        if self.node_at_hand() is None:
            self.open_group(key if key in self.group_keys() else self.row_above(key) or key)
        elif (job := self.job_at_hand()) is not None:
            runs = (self.standing.job(each) for each in self.order()) if self.standing else ()
            self.post_message(OpenJob(job.id, [run.id for run in runs if run is not None]))
        else:
            self.say(self.why_no_job())

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        super().on_resize()
        self.tell_all()

    @on(DagTable.Resized)
    def _resized(self) -> None:
        """Draw bars as wide as there is room for."""
        if self.view.mode is Mode.TIMELINE:
            self.show_rows()

    def first_shown(self) -> None:
        """Look at what was looked at when the pipeline was left, or go to the job wanted."""
        if self.view.mode is Mode.GRAPH:
            self.graph.look_from(self.view.left, self.view.top)
        else:
            self.table.look_from(self.view.top)
        nodes = self.standing.plan.nodes.values() if self.standing is not None else ()
        wanted = next((node.id for node in nodes if node.run == self._run_to_go_to), None)
        if self._run_to_go_to is not None and wanted is not None:
            self.go(wanted)

    def cursor_rests(self) -> None:
        """Show what goes with the job under the cursor, and remember it."""
        self.show_kin()
        self.light_kin()
        self.look()
        self._note_place()
