"""The cursor of a pipeline, which is on the same job in each mode."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.views import Views

NO_JOB_HERE = "There is no job under the cursor"


class Cursor:
    """The cursor's place in a pipeline, and the job there."""

    def __init__(self, state: GraphState, views: Views, moved: Callable[[], None]) -> None:
        self._state = state
        self._views = views
        self._moved = moved

    def here(self) -> str | None:
        """Return the key of the row or box that has the cursor.

        The saved cursor, `state.view.cursor`, differs if its node is inside a collapsed row.
        """
        return self._views.shown.cursor

    def go(self, key: str) -> None:
        """Move the cursor to a node or group; first remove what hides it: the filter and `!`."""
        if self.is_hidden(key):
            self._state.change(problems=False, filter="")
        self._state.note(cursor=key)
        self._views.shown.go(key)
        self._moved()

    def is_hidden(self, key: str) -> bool:
        """Whether the filter or `!` hides a node, or all nodes of a group."""
        only = self._state.shown_nodes()
        return only is not None and only.isdisjoint(self._views.shown.members(key))

    def go_to_run(self, run_id: str) -> None:
        """Move the cursor to the node of a run, if there is one."""
        nodes = self._state.loaded.plan.nodes.values()
        if node_id := next((node.id for node in nodes if node.run == run_id), None):
            self.go(node_id)

    def center(self) -> None:
        self._views.shown.widget.center()

    def step(self) -> None:
        """Move the cursor to the next row, if the mode has rows: boxes have no single order."""
        if self._views.shown is self._views.rows:
            self._views.rows.widget.action_walk(1)

    def order(self) -> Sequence[str]:
        """Return all nodes: first those in the order of the mode, if it has one; then the rest."""
        nodes = self._state.loaded.plan.nodes
        shown = (key for key in self._views.shown.order() if key in nodes)
        return tuple(dict.fromkeys((*shown, *self._state.structure.tree_order())))

    def nodes_in_rows(self) -> frozenset[str]:
        """Return the nodes that have a row or a box, of their own or of their group."""
        view = self._views.shown
        return frozenset(node_id for key in view.all_keys() for node_id in view.members(key))

    def members(self) -> Sequence[str]:
        """Return the shown nodes of the group under the cursor; on a node, only this node."""
        key = self.here()
        return self._views.shown.members(key) if key is not None else ()

    def node(self) -> Node | None:
        """Return the node under the cursor; `None` on a group, and without a cursor."""
        return self._state.loaded.node(self.here())

    def job(self) -> Job | None:
        """Return the run of the node under the cursor, if it is known."""
        return self._state.loaded.job(self.here())

    def pipeline(self) -> Pipeline | None:
        return self._state.loaded.pipeline if self._state.is_loaded else None

    def why_no_node(self) -> str | None:
        """Return why there is no single node under the cursor; `None` if there is one."""
        if reason := self._state.why_unknown():
            return reason
        return self.why_no_job() if self.node() is None else None

    def why_no_job(self) -> str:
        node = self.node()
        if node is None:
            return NO_JOB_HERE if self.here() is None else "Select a single job first"
        if node.run is None:
            return "Studio has not created its job yet"
        return "Studio has not sent this job's run yet"
