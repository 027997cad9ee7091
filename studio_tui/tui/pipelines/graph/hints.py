"""The most useful keys for the footer of a pipeline, by the job under the cursor."""

from collections.abc import Sequence

from studio_tui.api.states import PipelineState
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.state import GraphState

_RUNNING_HINTS = (
    "table.open", "job.log", "job.cancel", "graph.mode", "graph.cause", "graph.drawer",
)  # fmt: skip
_HINTS = {
    NodeState.FAILED: (
        "job.log", "graph.next", "job.continue", "graph.mode", "job.edit", "graph.problems",
    ),
    NodeState.CANCELED: (
        "job.log", "job.continue", "graph.next", "graph.mode", "job.edit", "graph.problems",
    ),
    NodeState.RUNNING: _RUNNING_HINTS,
    NodeState.QUEUED: _RUNNING_HINTS,
    NodeState.BLOCKED: ("graph.cause", "graph.next", "graph.mode", "graph.drawer", "graph.search"),
    NodeState.WAITING: ("graph.cause", "graph.mode", "graph.drawer", "graph.next", "graph.search"),
}  # fmt: skip
_OTHER_HINTS = ("table.open", "job.log", "graph.mode", "graph.drawer", "graph.next", "graph.search")

# `pipeline.pause` resumes pipelines in these states.
_FIRST_HINTS: dict[PipelineState, tuple[str, ...]] = {
    PipelineState.PAUSED: ("pipeline.pause", "graph.remove"),
    PipelineState.FAILED: ("pipeline.pause",),
    PipelineState.CANCELED: ("pipeline.pause",),
}
"""Keys before the others, by the state of the pipeline."""
_HINTS_BEFORE_PAUSE = 3
_IN_GRAPH_MODE = {"table.open": "graph.open"}
"""Ids of keys that have another id in `Mode.GRAPH`."""
_GROUP_HINTS = (
    "table.open", "graph.mode", "graph.unfold_all", "graph.next", "graph.drawer", "graph.search",
)  # fmt: skip
_EMPTY_HINTS = ("graph.mode", "graph.problems", "graph.filter")
_MARK_HINTS = (
    "job.cancel", "job.run_again", "job.continue", "job.edit",
    "graph.logs", "graph.remove", "graph.unmark",
)  # fmt: skip


def hints_of(state: GraphState, node: Node | None) -> Sequence[str]:
    """Return ids of keys, most useful first.

    If no job is shown, they are keys that change what is shown. Otherwise they are for a group if
    `node` is `None`, else for the marked jobs, or for `node` if no job is marked.
    """
    loaded, shown = state.loaded, state.shown_nodes()
    if state.is_loaded and not (loaded.plan.nodes if shown is None else shown):
        hints: tuple[str, ...] = _EMPTY_HINTS
    elif node is None:
        hints = _GROUP_HINTS
    elif state.view.marks:
        hints = _MARK_HINTS
    else:
        hints = _HINTS.get(loaded.statuses.states[node.id], _OTHER_HINTS)
    pipeline_state = loaded.pipeline.state
    if hints is not _MARK_HINTS:
        hints = (*_FIRST_HINTS.get(pipeline_state, ()), *hints)
        if pipeline_state.is_active:
            hints = (*hints[:_HINTS_BEFORE_PAUSE], "pipeline.pause", *hints[_HINTS_BEFORE_PAUSE:])
    if state.view.mode is not Mode.GRAPH:
        return hints
    return [_IN_GRAPH_MODE.get(hint, hint) for hint in hints]
