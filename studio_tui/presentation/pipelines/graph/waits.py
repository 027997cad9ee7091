"""Why a job of a pipeline does not run its query, as text, and which other job is the reason."""

from collections.abc import Mapping, Sequence

from studio_tui.api.states import CANCELING_STATES, JobState, PipelineState
from studio_tui.presentation.format import SHORT_ID, join_names, plural
from studio_tui.presentation.jobs.waiting import WAITS_FOR, Wait
from studio_tui.presentation.logs.progress import Progress, share_text
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState, how_stopped

_ACTIVE = frozenset({
    NodeState.UNKNOWN, NodeState.SCHEDULE,
    NodeState.RUNNING, NodeState.CANCELING, NodeState.QUEUED,
})  # fmt: skip
"""States of parents that are named first: a waiting parent usually waits for these."""

Bars = Mapping[str, Progress]
"""Progress of running jobs, by run (`Node.run`)."""

_NOT_QUEUED = Wait(
    "ready: Studio has not queued it yet", shorter=("ready, not queued yet", "ready")
)

_STARTING = {
    JobState.INIT: Wait(
        "starting: preparing its environment", shorter=("starting: environment", "starting")
    ),
    JobState.PROVISIONING: Wait(
        "starting: preparing a machine", shorter=("starting: machine", "starting")
    ),
}

_READY = {
    PipelineState.PENDING: Wait("the pipeline has not started", shorter=("not started",)),
    PipelineState.RUNNING: _NOT_QUEUED,
    PipelineState.PAUSED: Wait("the pipeline is paused", shorter=("paused",)),
    PipelineState.COMPLETED: Wait(
        "the pipeline has ended without it", shorter=("pipeline has ended", "ended")
    ),
    PipelineState.FAILED: Wait("the pipeline has failed", shorter=("pipeline failed",)),
    PipelineState.CANCELED: Wait("the pipeline was canceled", shorter=("pipeline canceled",)),
    PipelineState.UNKNOWN: _NOT_QUEUED,
}
"""Why a job that waits for no other job is not queued, by the state of its pipeline."""

_QUEUED = Wait("queued: waiting for free workers", shorter=("queued",))
_TO_BE_QUEUED = Wait("on its way to the queue", shorter=("to be queued",))


def wait_of(statuses: JobStatuses, node_id: str, bars: Bars | None = None) -> Wait | None:
    """Return why a job does not run its query; `None` if it does, has ended or is canceling."""
    node = statuses.plan.nodes[node_id]
    match statuses.states[node_id]:
        case NodeState.BLOCKED:
            return _wait_if_blocked(statuses, node_id)
        case NodeState.WAITING:
            return _wait_if_waiting(statuses, node, bars)
        case NodeState.QUEUED:
            return _QUEUED if node.state is JobState.QUEUED else _TO_BE_QUEUED
        case NodeState.SCHEDULE:
            return Wait("a schedule: its runs are other jobs", shorter=("a schedule",))
        case NodeState.UNKNOWN:
            return Wait(f"unknown status {node.status or '(none)'}")
        case _:
            return _STARTING.get(node.state)


def _shorter(verb: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return shorter forms: `blocked by embed.py +2`, and `blocked by 3 jobs` if it is shorter."""
    first = f"{verb} {names[0]}"
    if len(names) == 1:
        return (first,)
    named, counted = f"{first} +{len(names) - 1}", f"{verb} {plural(len(names), 'job')}"
    return (named, counted) if len(counted) < len(named) else (named,)


def _pending_parents(statuses: JobStatuses, node: Node) -> list[str]:
    pending = [parent for parent in node.parents if statuses.states[parent] is not NodeState.DONE]
    return sorted(pending, key=lambda parent: statuses.states[parent] not in _ACTIVE)


def _wait_if_blocked(statuses: JobStatuses, node_id: str) -> Wait:
    roots = [statuses.plan.nodes[root] for root in statuses.blocked_by(node_id)]
    failed_first = sorted(roots, key=lambda root: root.state is not JobState.FAILED)
    names = [root.name for root in failed_first]
    reason = f"blocked by {join_names(names)}, which {how_stopped(roots)}"
    return Wait(reason, failed_first[0].id, _shorter("blocked by", names))


def _wait_if_waiting(statuses: JobStatuses, node: Node, bars: Bars | None) -> Wait:
    pending = _pending_parents(statuses, node)
    awaited = _flaws(statuses, node)
    if pending:
        awaited.insert(0, _pending_words(statuses, node, pending, bars))
    if not awaited:
        return _READY[statuses.state]
    reason = f"; {WAITS_FOR} ".join(awaited)
    if statuses.state is PipelineState.PAUSED:
        reason += f"; {_READY[PipelineState.PAUSED].reason}"
    target = next(iter((*pending, *(each for each in node.circular if each != node.id))), None)
    names = [statuses.plan.nodes[parent].name for parent in pending]
    return Wait(reason, target, _shorter(WAITS_FOR, names) if names else (), is_awaited=True)


def _pending_words(
    statuses: JobStatuses, node: Node, pending: Sequence[str], bars: Bars | None
) -> str:
    """Return which parents a job waits for: `load (running, 40%)`, `2 of 3: load, clean`."""
    nodes = statuses.plan.nodes
    if len(pending) > 1:
        names = join_names([nodes[parent].name for parent in pending])
        return f"{len(pending)} of {len(node.parents)}: {names}"
    parent = nodes[pending[0]]
    return f"{parent.name} ({_progress_words(statuses, parent, bars)})"


def _progress_words(statuses: JobStatuses, parent: Node, bars: Bars | None) -> str:
    state = statuses.states[parent.id]
    if state is NodeState.UNKNOWN:
        return parent.status or "unknown"
    if parent.state in CANCELING_STATES:
        return "being canceled"
    if parent.state in _STARTING:
        return "starting"
    bar = bars.get(parent.run) if bars is not None and parent.run is not None else None
    done = share_text(bar) if bar is not None and state is NodeState.RUNNING else ""
    return f"{state.value}, {done}" if done else state.value


def flaw_words(statuses: JobStatuses, node: Node) -> tuple[str, ...]:
    """Return the dependencies of a job on missing jobs and in cycles: `waits for itself`."""
    return tuple(f"{WAITS_FOR} {flaw}" for flaw in _flaws(statuses, node))


def _flaws(statuses: JobStatuses, node: Node) -> list[str]:
    others = [statuses.plan.nodes[each].name for each in node.circular if each != node.id]
    flaws = []
    if node.missing:
        ids = join_names([parent[:SHORT_ID] for parent in node.missing])
        flaws.append(f"{ids}, not in the pipeline")
    if others:
        wait = "waits" if len(others) == 1 else "wait"
        flaws.append(f"{join_names(others)}, which {wait} for it")
    if node.id in node.circular:
        flaws.append("itself")
    return flaws
