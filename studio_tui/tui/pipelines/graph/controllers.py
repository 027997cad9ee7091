"""The controllers of a pipeline's page."""

from studio_tui.tui.frame.commands import CommandSet, Host, bindings
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.pipelines.controller import PipelineController
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.drawer import Drawer
from studio_tui.tui.pipelines.graph.export import GraphExport
from studio_tui.tui.pipelines.graph.job_commands import GraphJobs
from studio_tui.tui.pipelines.graph.marks import Marks
from studio_tui.tui.pipelines.graph.moving import Movement
from studio_tui.tui.pipelines.graph.search import FILTER, Filtering, Search
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.view_modes import ViewModes
from studio_tui.tui.pipelines.graph.views import Views
from studio_tui.tui.widgets.prompt import LinePrompt, PromptKind

ALL_BINDINGS = (
    *bindings(JobController, without={"job.pipeline"}),
    *bindings(PipelineController, only={"pipeline.pause", "pipeline.stop"}),
    *bindings(GraphJobs, ViewModes, Movement, Search),
    *bindings(Filtering, Marks, GraphExport),
)


class Controllers:
    """Creates the controllers of a pipeline's page and connects them."""

    def __init__(
        self, host: Host, state: GraphState, views: Views, cursor: Cursor, drawer: Drawer
    ) -> None:
        self._state = state
        self.prompt = LinePrompt(views.rows.widget)
        self.search = Search(state, cursor, self.prompt, host.notify_user)
        self.filtering = Filtering(state, cursor, self.prompt)
        self.marks = Marks(host, state, cursor)
        self.modes = ViewModes(state, views, cursor, drawer)
        self.movement = Movement(host, state, cursor, self.search)
        self.jobs = JobController(
            host,
            cursor.job,
            marked=self.marks,
            # All jobs here belong to this pipeline, even if the list of pipelines lacks it.
            owner_of=lambda _: cursor.pipeline(),
            why_no_job=cursor.why_no_job,
        )
        self.pipelines = PipelineController(host, cursor.pipeline)
        self.graph_jobs = GraphJobs(host, state, cursor, self.modes, self.marks)
        self.export = GraphExport(host, state, cursor, views.drawing)

    def add_to(self, commands: CommandSet) -> None:
        commands.add(self.jobs, self.pipelines, self.graph_jobs)
        commands.add(self.modes, self.movement, self.search, self.filtering)
        commands.add(self.marks, self.export)

    def prompt_controller(self, kind: PromptKind) -> Search | Filtering:
        return self.filtering if kind == FILTER else self.search

    def back_out(self) -> bool:
        """Clear the search, else the filter, else the marks; return whether one was cleared."""
        if self._state.view.search:
            self._state.change(search="")
        elif self._state.view.filter:
            self._state.change(filter="")
        elif self._state.view.marks:
            self.marks.unmark_all()
        else:
            return False
        return True
