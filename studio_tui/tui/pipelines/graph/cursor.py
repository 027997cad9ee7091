"""The cursor of a pipeline, which is on the same job in each mode."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.tui.pipelines.graph.mode_view import ModeView
from studio_tui.tui.pipelines.graph.shape import Shape
from studio_tui.tui.pipelines.graph.state import GraphState


class Cursor:
    """Where the reader is in a pipeline, and what is there."""

    def __init__(
        self,
        state: GraphState,
        shape: Shape,
        shown: Callable[[], ModeView],
        *,
        moved: Callable[[], None],
    ) -> None:
        """Take the mode in sight, and what is done after each move."""
        self._state = state
        self._shape = shape
        self._shown = shown
        self._moved = moved

    def here(self) -> str | None:
        """Return the node or group that bears the cursor.

        It stands in for `view.cursor` where that is folded away.
        """
        return self._shown().cursor

    def go(self, key: str) -> None:
        """Put the cursor on a node, and show it if it was folded away."""
        only = self._state.only()
        if only is not None and key not in only:
            self._state.change(problems=False, filter="")
        self._state.note(cursor=key)
        self._shown().go(key)
        self._moved()

    def go_to_run(self, run_id: str) -> None:
        """Put the cursor on the node of a run, if there is one."""
        nodes = self._state.stands().plan.nodes.values()
        if node_id := next((node.id for node in nodes if node.run == run_id), None):
            self.go(node_id)

    def centre(self) -> None:
        """Bring what is under the cursor into the middle."""
        self._shown().centre()

    def step(self) -> None:
        """Go on to what comes next, after a mark."""
        self._shown().step()

    def order(self) -> Sequence[str]:
        """Return all nodes in the order in which the mode in sight shows them."""
        standing = self._state.standing
        if standing is None:
            return ()
        shown = (key for key in self._shown().order() if key in standing.plan.nodes)
        return tuple(dict.fromkeys((*shown, *self._shape.tree_order())))

    def members(self) -> Sequence[str]:
        """Return the node under the cursor, or those of the group."""
        key = self.here()
        return self._shown().members(key) if key is not None else ()

    def node(self) -> Node | None:
        """Return the node under the cursor; `None` when it is on a group, or nowhere."""
        standing = self._state.standing
        return standing.node(self.here()) if standing is not None else None

    def job(self) -> Job | None:
        """Return the run of the node under the cursor, as far as it is known."""
        standing = self._state.standing
        return standing.job(self.here()) if standing is not None else None

    def pipeline(self) -> Pipeline | None:
        """Return the pipeline."""
        standing = self._state.standing
        return standing.pipeline if standing is not None else None

    def why_no_job(self) -> str:
        """Return why nothing is known of the job under the cursor."""
        node = self.node()
        if node is None:
            return "The cursor is on no single job"
        if node.run is None:
            return "Studio has not created its job yet"
        return "Studio has not sent this job's run yet"
