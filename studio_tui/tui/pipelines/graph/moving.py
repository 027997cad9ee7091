"""Navigation in a pipeline: along its edges, and between failures."""

from collections.abc import Sequence
from typing import Any, ClassVar

from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.waits import wait_of
from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.messages import GoTo
from studio_tui.tui.pipelines.graph.cursor import NO_JOB_HERE, Cursor
from studio_tui.tui.pipelines.graph.search import Search
from studio_tui.tui.pipelines.graph.state import GraphState

NO_TARGET = "No job has failed, and no canceled one blocks others"


class Movement:
    """Controller of navigation on a pipeline's page."""

    def __init__(self, host: Host, state: GraphState, cursor: Cursor, search: Search) -> None:
        self._host = host
        self._state = state
        self._cursor = cursor
        self._search = search

    # Along the edges.

    def why_no_parent(self) -> str | None:
        if reason := self._cursor.why_no_node():
            return reason
        return None if self._parents() else "It waits for no other job"

    def why_no_child(self) -> str | None:
        if reason := self._cursor.why_no_node():
            return reason
        return None if self._children() else "No other job waits for it"

    def why_no_cause(self) -> str | None:
        if reason := self._cursor.why_no_node():
            return reason
        if self._cause() is not None:
            return None
        node = self._cursor.node()
        if node is not None and node.state.is_finished:
            return f"It has ended: {(node.status or 'unknown').lower()}"
        return "It waits for no other job now"

    def go_to_cause(self) -> None:
        if (cause := self._cause()) is not None:
            self._cursor.go(cause)

    def _parents(self) -> Sequence[str]:
        node = self._cursor.node()
        return node.parents if node is not None else ()

    def _children(self) -> Sequence[str]:
        node = self._cursor.node()
        return node.children if node is not None else ()

    def _cause(self) -> str | None:
        node = self._cursor.node()
        wait = wait_of(self._state.loaded.statuses, node.id) if node is not None else None
        return wait.target if wait is not None else None

    # Between failures.

    def why_no_target(self) -> str | None:
        return self._state.why_unknown() or (None if self._targets() else NO_TARGET)

    def go_to_target(self, step: int) -> None:
        """Go to the next (`step` 1) or previous (-1) match, else failed or blocking job."""
        targets = self._targets()
        positions = {node_id: number for number, node_id in enumerate(self._cursor.order())}
        current = next(
            (positions[key] for key in self._cursor.members() if key in positions), -step
        )
        ahead = [target for target in targets if (positions[target] - current) * step > 0]
        ahead = ahead or list(targets)
        self._cursor.go(ahead[0] if step > 0 else ahead[-1])

    def _targets(self) -> Sequence[str]:
        if matches := self._search.matches():
            return matches
        statuses = self._state.loaded.statuses
        return [
            node_id
            for node_id in self._cursor.order()
            if statuses.states[node_id] is NodeState.FAILED or statuses.blocks(node_id)
        ]

    # Other commands.

    def why_no_place(self) -> str | None:
        return self._state.why_unknown() or (NO_JOB_HERE if self._cursor.here() is None else None)

    def show_pipelines(self) -> None:
        self._host.post_message(GoTo("pipelines"))

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "graph.parent",
            "left_curly_bracket",
            "waits for",
            "Go to the first job that this one waits for",
            lambda self: self._cursor.go(self._parents()[0]),
            why_no_parent,
        ),
        Command(
            "graph.child",
            "right_curly_bracket",
            "feeds",
            "Go to the first job that waits for this one",
            lambda self: self._cursor.go(self._children()[0]),
            why_no_child,
        ),
        Command(
            "graph.cause",
            "W",
            "why",
            "Go to the job that is holding this one up",
            go_to_cause,
            why_no_cause,
        ),
        Command(
            "graph.next",
            "n",
            "next failed",
            "Go to the next match, else to the next job that failed or that blocks others",
            lambda movement: movement.go_to_target(1),
            why_no_target,
        ),
        Command(
            "graph.previous",
            "N",
            "previous failed",
            "Go to the previous match, else to the previous job that failed or that blocks others",
            lambda movement: movement.go_to_target(-1),
            why_no_target,
        ),
        Command(
            "graph.center",
            "full_stop",
            "center",
            "Center the job",
            lambda self: self._cursor.center(),
            why_no_place,
        ),
        Command("graph.pipelines", "P", "pipelines", "Go to the list of pipelines", show_pipelines),
    )
