"""Why a job of a pipeline is not running, as text, and which job is the reason."""

from collections.abc import Mapping, Sequence

from studio_tui.api.states import CANCELING_STATES, JobState, PipelineState
from studio_tui.presentation.format import join_names, plural
from studio_tui.presentation.jobs.waiting import WAITS_FOR, Wait
from studio_tui.presentation.logs.progress import Progress, share
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState

_SHORT_ID = 8

_ACTIVE_FIRST = (
    *(NodeState.UNKNOWN, NodeState.SCHEDULE),
    *(NodeState.RUNNING, NodeState.CANCELING, NodeState.QUEUED),
)
"""States of parents that are named first, since the others depend on them."""


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
_QUEUED = Wait("queued: waiting for free workers", shorter=("queued",))
_TO_BE_QUEUED = Wait("on its way to the queue", shorter=("to be queued",))


def waits(statuses: JobStatuses, node_id: str, bars: Bars | None = None) -> Wait | None:
    """Return why a job is not running; `None` for one that runs or has ended."""
    node = statuses.plan.nodes[node_id]
    match statuses.states[node_id]:
        case NodeState.BLOCKED:
            return _blocked(statuses, node_id)
        case NodeState.WAITING:
            return _waiting(statuses, node, bars)
        case NodeState.QUEUED:
            return _QUEUED if node.state is JobState.QUEUED else _TO_BE_QUEUED
        case NodeState.SCHEDULE:
            return Wait("a schedule: its runs are other jobs", shorter=("a schedule",))
        case NodeState.UNKNOWN:
            return Wait(f"unknown status {node.status or '(none)'}")
        case _:
            return _STARTING.get(node.state)


def in_short(statuses: JobStatuses, node_id: str) -> tuple[str, ...]:
    """Return shorter forms of the reason why a job is not running.

    `blocked by embed.py +2`: the first of the jobs named in the reason, and the number of others,
    in the same words, so that a list whose names differ in length has one form; where that is too
    long, `blocked by 3 jobs`. `ready, not queued yet` and `ready` if it waits for no other job.
    """
    ahead: Sequence[str] = ()
    match statuses.states[node_id]:
        case NodeState.BLOCKED:
            verb, ahead = "blocked by", _failures_first(statuses, statuses.blocked_by(node_id))
        case NodeState.WAITING:
            verb, ahead = WAITS_FOR, _pending_parents(statuses, statuses.plan.nodes[node_id])
    if not ahead:
        wait = waits(statuses, node_id)
        return wait.shorter if wait is not None else ()
    first = f"{verb} {statuses.plan.nodes[ahead[0]].name}"
    if len(ahead) == 1:
        return (first,)
    named, counted = f"{first} +{len(ahead) - 1}", f"{verb} {plural(len(ahead), 'job')}"
    return (named, counted) if len(counted) < len(named) else (named,)


def _failures_first(statuses: JobStatuses, roots: Sequence[str]) -> list[str]:
    return sorted(roots, key=lambda root: statuses.states[root] is not NodeState.FAILED)


def _pending_parents(statuses: JobStatuses, node: Node) -> list[str]:
    """Return the parents that are not complete, active ones first."""
    pending = [parent for parent in node.parents if statuses.states[parent] is not NodeState.DONE]
    return sorted(pending, key=lambda parent: statuses.states[parent] not in _ACTIVE_FIRST)


def _blocked(statuses: JobStatuses, node_id: str) -> Wait:
    roots = statuses.blocked_by(node_id)
    failed = [root for root in roots if statuses.states[root] is NodeState.FAILED]
    if len(failed) == len(roots):
        how = "which failed"
    elif failed:
        how = "which failed or were canceled"
    else:
        how = "which was canceled" if len(roots) == 1 else "which were canceled"
    first_failed = _failures_first(statuses, roots)
    names = join_names([statuses.plan.nodes[root].name for root in first_failed])
    return Wait(f"blocked by {names}, {how}", first_failed[0])


def _waiting(statuses: JobStatuses, node: Node, bars: Bars | None) -> Wait:
    pending = _pending_parents(statuses, node)
    awaited = _flaws(statuses, node)
    if pending:
        awaited.insert(0, _parents(statuses, node, pending, bars))
    if not awaited:
        return _READY[statuses.state]
    reason = f"; {WAITS_FOR} ".join(awaited)
    if statuses.state is PipelineState.PAUSED:
        reason += f"; {_READY[PipelineState.PAUSED].reason}"
    target = next(iter((*pending, *(each for each in node.circular if each != node.id))), None)
    return Wait(reason, target, is_awaited=True)


def _parents(statuses: JobStatuses, node: Node, pending: Sequence[str], bars: Bars | None) -> str:
    """Return which parents a job waits for."""
    nodes = statuses.plan.nodes
    if len(pending) > 1:
        names = join_names([nodes[parent].name for parent in pending])
        return f"{len(pending)} of {len(node.parents)}: {names}"
    parent = nodes[pending[0]]
    return f"{parent.name} ({_parent_state(statuses, parent, bars)})"


def _parent_state(statuses: JobStatuses, parent: Node, bars: Bars | None) -> str:
    state = statuses.states[parent.id]
    if state is NodeState.UNKNOWN:
        return parent.status or "unknown"
    if parent.state in CANCELING_STATES:
        return "being canceled"
    if parent.state in _STARTING:
        return "starting"
    bar = bars.get(parent.run) if bars is not None and parent.run is not None else None
    how_far = share(bar) if bar is not None and state is NodeState.RUNNING else ""
    return f"{state.value}, {how_far}" if how_far else state.value


def flaw_words(statuses: JobStatuses, node: Node) -> tuple[str, ...]:
    """Return invalid dependencies of a job: missing jobs, and cycles."""
    return tuple(f"{WAITS_FOR} {flaw}" for flaw in _flaws(statuses, node))


def _flaws(statuses: JobStatuses, node: Node) -> list[str]:
    others = [statuses.plan.nodes[each].name for each in node.circular if each != node.id]
    flaws = []
    if node.missing:
        ids = join_names([parent[:_SHORT_ID] for parent in node.missing])
        flaws.append(f"{ids}, not in the pipeline")
    if others:
        wait = "waits" if len(others) == 1 else "wait"
        flaws.append(f"{join_names(others)}, which {wait} for it")
    if node.id in node.circular:
        flaws.append("itself")
    return flaws
